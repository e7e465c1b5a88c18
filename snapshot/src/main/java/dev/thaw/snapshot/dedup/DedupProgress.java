// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

/** Is told how far a run is. Called by the thread that runs it, often; what it throws ends the run, without any change. */
@FunctionalInterface
public interface DedupProgress {
    /** Nobody wants to know. */
    DedupProgress NONE = (done, total) -> {};

    /** Of {@code totalBytes}, the file's length, {@code doneBytes} are dealt with. The former never falls. */
    void at(long doneBytes, long totalBytes);
}
