// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.disk.Pages;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.stream.LongStream;

/**
 * Where a file has which page, by a hash of 32 bits. Two different pages may have the same one, so what is found has to be
 * compared. Immutable.
 */
final class PageIndex {
    private static final long LOW = 0xffff_ffffL;

    /** Some pages are in a memory a thousand times. */
    private static final int MAX_FOUND = 8;

    /** In order. Hash above, number of the page below, so pages of one hash are neighbours. */
    private final long[] entries;

    private PageIndex(long[] entries) {
        this.entries = entries;
    }

    /** What one thread has seen of the file. */
    static final class Part {
        /** 8 MiB of heap, 4 GiB of file; what is beyond that is not found. */
        private static final int MAX_PAGES = 1 << 20;

        private final LongStream.Builder entries = LongStream.builder();
        private final PageHash hash = new PageHash();
        private int size;

        /** Whole pages of the file, at an offset, up to the buffer's limit. What is left behind the last one is not added. */
        void add(long offset, ByteBuffer pages) {
            for (int at = 0; at + Pages.BYTES <= pages.limit() && size < MAX_PAGES; at += Pages.BYTES) {
                long page = (offset + at) / Pages.BYTES;
                if (page <= LOW) {
                    entries.add((long) hash.of(pages, at) << Integer.SIZE | page);
                    size++;
                }
            }
        }
    }

    /** Uses up the parts. */
    static PageIndex of(Collection<Part> parts) {
        return new PageIndex(parts.stream()
                .flatMapToLong(part -> part.entries.build())
                .sorted()
                .toArray());
    }

    /** The first pages with that hash; none, if there is none. */
    long[] find(int hash) {
        int at = Arrays.binarySearch(entries, (long) hash << Integer.SIZE);
        int first = at >= 0 ? at : -at - 1;
        int end = first;
        while (end < entries.length && end - first < MAX_FOUND && (int) (entries[end] >> Integer.SIZE) == hash) {
            end++;
        }
        long[] pages = new long[end - first];
        Arrays.setAll(pages, i -> entries[first + i] & LOW);
        return pages;
    }

    /** Whether the page has that hash. */
    boolean has(int hash, long page) {
        return page >= 0 && page <= LOW && Arrays.binarySearch(entries, (long) hash << Integer.SIZE | page) >= 0;
    }
}
