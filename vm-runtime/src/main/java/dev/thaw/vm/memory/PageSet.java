// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import dev.thaw.vm.engine.ChangedMemory;
import java.io.IOException;
import java.util.BitSet;

/** Pages of a memory file. Takes one bit for each page that there is. Not thread-safe. */
final class PageSet {
    /** What is read at a time. */
    static final int MAX_RUN_BYTES = 256 * 1024;

    private static final int PAGE = ChangedMemory.PAGE_BYTES;
    private static final int MAX_RUN_PAGES = MAX_RUN_BYTES / PAGE;

    private final BitSet pages = new BitSet();
    private final long bytes;

    /** Takes pages that follow each other, at most {@link #MAX_RUN_BYTES} of them. */
    interface Run {
        void take(long offset, int length) throws IOException;
    }

    /** @param bytes the length of the file; pages behind that are nobody's */
    PageSet(long bytes) {
        if (bytes % PAGE != 0 || bytes / PAGE > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("A memory of " + bytes + " bytes.");
        }
        this.bytes = bytes;
    }

    /** Adds the pages that lie in a range; it begins with one. */
    void add(long offset, long length) {
        long end = Math.min(offset + length, bytes);
        if (offset < end) {
            pages.set((int) (offset / PAGE), (int) ((end + PAGE - 1) / PAGE));
        }
    }

    long count() {
        return pages.cardinality();
    }

    void forEachRun(Run run) throws IOException {
        int begin = pages.nextSetBit(0);
        while (begin >= 0) {
            int end = Math.min(pages.nextClearBit(begin), begin + MAX_RUN_PAGES);
            run.take((long) begin * PAGE, (end - begin) * PAGE);
            begin = pages.nextSetBit(end);
        }
    }
}
