// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

/**
 * Takes a machine's state while it is stopped.
 *
 * @param <X> what it throws when it fails; {@link RuntimeException} if nothing checked
 */
@FunctionalInterface
public interface Checkpointing<X extends Exception> {

    /**
     * Writes the memory that has changed, and the device state. Nothing of the draft stays if it throws.
     *
     * @param draft has the memory of the snapshot that the machine was restored from
     */
    void take(CheckpointDraft draft) throws X;
}
