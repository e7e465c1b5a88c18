// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.disk.MemoryFiles;

/** Offsets and pages. */
final class Pages {
    static final int BYTES = MemoryFiles.PAGE_BYTES;

    private Pages() {}

    /** The beginning of the page that has the offset. */
    static long floor(long offset) {
        return offset & -BYTES;
    }

    /** The offset, or the beginning of the next page. */
    static long ceiling(long offset) {
        return floor(Math.addExact(offset, BYTES - 1));
    }

    static long count(long bytes) {
        return ceiling(bytes) / BYTES;
    }
}
