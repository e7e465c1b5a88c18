// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.clone.ByteRange;
import dev.thaw.snapshot.disk.Pages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;

/**
 * Pages that the canonical file has at another offset. A guest that does the same thing a second time gives out memory in
 * another order: of two Postgres snapshots two thirds of the pages may differ by place, of which only a fifth differ by content.
 *
 * <p>While the files are compared, pages that differ are put off, and the canonical file's pages are hashed; then
 * {@link #place} decides about each. Used once; {@link #deferring} and its sinks in any threads, place after them.
 */
final class MovedPages {
    /** Bounds how much is compared, and cloned, at once. */
    private static final int BUFFER_BYTES = 64 * Pages.BYTES;

    /** Heap for what is put off, for each thread: 8 MiB. Further pages are written at once. */
    private static final int MAX_DEFERRED = 1 << 20;

    private final Collection<Deferring> sinks = new ConcurrentLinkedQueue<>();

    /** A sink that puts off what may have moved. */
    PageSink deferring(PageSink sink) {
        Deferring deferring = new Deferring(sink);
        sinks.add(deferring);
        return deferring;
    }

    /**
     * Gives all that was put off to the sink, in the order of the file.
     *
     * @return how many pages the canonical file has elsewhere
     * @throws InterruptedException if the thread is interrupted
     */
    long place(ComparedFile target, ComparedFile canonical, PageSink sink) throws IOException, InterruptedException {
        long[] deferred = sinks.stream()
                .flatMapToLong(deferring -> deferring.pages.build())
                .sorted()
                .toArray();
        PageIndex index =
                PageIndex.of(sinks.stream().map(deferring -> deferring.index).toList());
        return new Placement(deferred, index, target, canonical, sink).run();
    }

    private static final class Deferring implements PageSink {
        private final PageSink sink;
        private final PageIndex.Part index = new PageIndex.Part();
        private final PageHash hash = new PageHash();

        /** Number of the page above, its hash below. */
        private final LongStream.Builder pages = LongStream.builder();

        private int size;

        Deferring(PageSink sink) {
            this.sink = sink;
        }

        @Override
        public boolean wantsCanonical() {
            return true;
        }

        @Override
        public void canonical(long offset, ByteBuffer bytes) {
            index.add(offset, bytes);
        }

        /** What is put off stays as it is until then. */
        @Override
        public void discard(ByteRange range) {}

        @Override
        public void write(long offset, ByteBuffer bytes) throws IOException {
            int at = 0;
            while (at + Pages.BYTES <= bytes.limit() && size < MAX_DEFERRED) {
                long page = (offset + at) / Pages.BYTES;
                if (page > Integer.MAX_VALUE) {
                    break;
                }
                pages.add(page << Integer.SIZE | Integer.toUnsignedLong(hash.of(bytes, at)));
                size++;
                at += Pages.BYTES;
            }
            if (at < bytes.limit()) {
                sink.discard(new ByteRange(offset + at, bytes.limit() - at));
                sink.write(offset + at, bytes.slice(at, bytes.limit() - at));
            }
        }

        @Override
        public void share(ComparedFile canonical, ByteRange range, long offset) throws IOException {
            sink.share(canonical, range, offset);
        }

        @Override
        public void punch(ByteRange range) throws IOException {
            sink.punch(range);
        }

        @Override
        public void close() throws IOException {
            sink.close();
        }
    }

    /**
     * Where pages are that were put off.
     *
     * @param page the first of them, in the canonical file; -1 if they are nowhere in it
     * @param end behind the last of them, among those that were put off
     */
    private record Source(long page, int end) {}

    /** Goes through what was put off, once. */
    private static final class Placement {
        private final long[] deferred;
        private final PageIndex index;
        private final ComparedFile target;
        private final ComparedFile canonical;
        private final PageSink sink;
        private final ByteBuffer targetBytes = ByteBuffer.allocateDirect(BUFFER_BYTES);
        private final ByteBuffer canonicalBytes = ByteBuffer.allocateDirect(BUFFER_BYTES);
        private long moved;

        Placement(long[] deferred, PageIndex index, ComparedFile target, ComparedFile canonical, PageSink sink) {
            this.deferred = deferred;
            this.index = index;
            this.target = target;
            this.canonical = canonical;
            this.sink = sink;
        }

        long run() throws IOException, InterruptedException {
            int at = 0;
            while (at < deferred.length) {
                int end = at + 1;
                while (end < deferred.length && page(end) == page(at) + end - at) {
                    end++;
                }
                // At once: to put one extent into a hole costs less than into another one's place.
                sink.discard(new ByteRange(page(at) * Pages.BYTES, (long) (end - at) * Pages.BYTES));
                place(at, end);
                at = end;
            }
            return moved;
        }

        /** Pages that follow on each other. */
        private void place(int start, int end) throws IOException, InterruptedException {
            int at = start;
            while (at < end) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while pages were looked for");
                }
                int limit = Math.min(end, at + BUFFER_BYTES / Pages.BYTES);
                Source source = longest(at, limit);
                at = source.page < 0 ? write(at, source.end) : share(at, source);
            }
        }

        /** The longest of the runs that the canonical file may have elsewhere; or as long as it has nothing. */
        private Source longest(int start, int limit) {
            Source best = new Source(-1, start);
            for (long page : index.find(hash(start))) {
                int end = start + 1;
                while (end < limit && index.has(hash(end), page + end - start)) {
                    end++;
                }
                best = end > best.end ? new Source(page, end) : best;
            }
            int end = best.end;
            while (best.page < 0 && end < limit && index.find(hash(end)).length == 0) {
                end++;
            }
            return new Source(best.page, end);
        }

        private long page(int at) {
            return deferred[at] >>> Integer.SIZE;
        }

        private int hash(int at) {
            return (int) deferred[at];
        }

        private int write(int start, int end) throws IOException {
            read(start, end);
            sink.write(page(start) * Pages.BYTES, targetBytes);
            return end;
        }

        /** Hashes may lie: only what is the same is shared, and the page at which that ends is written. */
        private int share(int start, Source source) throws IOException {
            int length = read(start, source.end);
            canonical.read(source.page * Pages.BYTES, length, canonicalBytes);
            int mismatch = targetBytes.mismatch(canonicalBytes);
            int same = mismatch < 0 ? length : (int) Pages.floor(mismatch);
            long offset = page(start) * Pages.BYTES;
            if (same > 0) {
                sink.share(canonical, new ByteRange(source.page * Pages.BYTES, same), offset);
                moved += same / Pages.BYTES;
            }
            if (same == length) {
                return source.end;
            }
            sink.write(offset + same, targetBytes.slice(same, Pages.BYTES));
            return start + same / Pages.BYTES + 1;
        }

        private int read(int start, int end) throws IOException {
            int length = (end - start) * Pages.BYTES;
            target.read(page(start) * Pages.BYTES, length, targetBytes);
            return length;
        }
    }
}
