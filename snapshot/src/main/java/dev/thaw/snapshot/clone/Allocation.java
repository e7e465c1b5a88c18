// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

/**
 * What a file takes on disk.
 *
 * @param allocatedBytes in all its blocks
 * @param sharedBytes those of them that other files have, too: at most {@code allocatedBytes}
 */
public record Allocation(long allocatedBytes, long sharedBytes) {
    public Allocation {
        if (allocatedBytes < 0 || sharedBytes < 0 || sharedBytes > allocatedBytes) {
            throw new IllegalArgumentException(
                    "allocated bytes " + allocatedBytes + " of which " + sharedBytes + " are shared");
        }
    }

    /** What would become free if the file were deleted. */
    public long privateBytes() {
        return allocatedBytes - sharedBytes;
    }
}
