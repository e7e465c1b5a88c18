// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.util.Optional;

/**
 * What became of making a snapshot's memory share blocks with a sibling's. Immutable.
 *
 * @param snapshot the one that was to share
 * @param sibling the one with which; empty if there is none
 * @param outcome what was done
 * @param reason a sentence for people; empty if all went well
 * @param pages what was compared and written; all zeros if it did not come to that
 * @param apparentBytes the memory's length
 * @param allocatedBefore what its file took on disk that it did not share; in a dry run, too
 * @param allocatedAfter the same, afterwards; in a dry run an estimate
 */
public record DedupReport(
        Snapshot snapshot,
        Optional<Snapshot> sibling,
        Outcome outcome,
        String reason,
        Pages pages,
        long apparentBytes,
        long allocatedBefore,
        long allocatedAfter) {

    /** What was done. */
    public enum Outcome {
        /** They share what they have in common. */
        SHARED,
        /** They would; this was a dry run. */
        WOULD_SHARE,
        /** They share that already, or have too little in common. */
        NOTHING_TO_GAIN,
        /** There is no snapshot of the same image, memory size, kernel, engine and baking version. */
        NO_SIBLING,
        /** The store's file system can't share blocks. */
        NO_CLONES,
        /** The files can't be compared; {@link DedupReport#reason} says why. */
        REFUSED
    }

    /**
     * Counts of 4096 bytes.
     *
     * @param compared pages that were compared, those that are holes in both files included
     * @param moved pages that differ, and that the sibling has at another place
     * @param written pages that differ, and that the sibling does not have
     * @param punched pages that are zeros here and not in the sibling
     */
    public record Pages(long compared, long moved, long written, long punched) {
        static final Pages NONE = new Pages(0, 0, 0, 0);
    }

    /** How many bytes of disk it gained, or would gain. */
    public long savedBytes() {
        return allocatedBefore - allocatedAfter;
    }
}
