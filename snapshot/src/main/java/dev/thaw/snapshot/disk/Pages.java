// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.disk;

/** Offsets and pages. */
public final class Pages {
    /** Size of a guest's page and of the file systems' blocks. */
    public static final int BYTES = 4096;

    private Pages() {}

    /** The beginning of the page that has the offset. */
    public static long floor(long offset) {
        return offset & -BYTES;
    }

    /** The offset, or the beginning of the next page. */
    public static long ceiling(long offset) {
        return floor(Math.addExact(offset, BYTES - 1));
    }

    /** How many pages so many bytes need. */
    public static long count(long bytes) {
        return ceiling(bytes) / BYTES;
    }
}
