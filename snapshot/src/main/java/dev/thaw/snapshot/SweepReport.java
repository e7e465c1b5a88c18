// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.util.List;

/**
 * What a sweep did.
 *
 * @param removed the snapshots that went, in their order
 * @param blobs how many blobs went with them, or had been left over
 * @param freedBytes what these took, without holes
 * @param keptBytes what the others take
 */
public record SweepReport(List<Snapshot> removed, int blobs, long freedBytes, long keptBytes) {
    public SweepReport {
        removed = List.copyOf(removed);
    }
}
