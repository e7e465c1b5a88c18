// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.clone.Allocation;

/**
 * What a run did, or would do. Pages have 4096 bytes; the last one of a file may have fewer.
 *
 * @param pagesCompared pages that were read and compared. Those that are holes in the target are not read
 * @param pagesMoved pages that differ from the canonical file's, which has the same at another offset
 * @param pagesWritten pages that differ, and are found nowhere in it
 * @param pagesPunched pages that are zeros, and data in the canonical file: they became holes
 * @param apparentBytes the file's length, before and after
 * @param before what the target took on disk
 * @param after what it takes now; an estimate from the pages if nothing was written
 */
public record DedupStatistics(
        long pagesCompared,
        long pagesMoved,
        long pagesWritten,
        long pagesPunched,
        long apparentBytes,
        Allocation before,
        Allocation after) {
    /** How much more of the disk is free. */
    public long savedBytes() {
        return before.privateBytes() - after.privateBytes();
    }
}
