// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.clone.ByteRange;
import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.clone.OpenBlocks;
import dev.thaw.snapshot.disk.FullIo;
import dev.thaw.snapshot.disk.Pages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Takes the pages in which the target differs from the canonical file. For one thread. */
interface PageSink extends AutoCloseable {
    /** For a dry run. */
    PageSink COUNTING = new PageSink() {
        @Override
        public void discard(ByteRange pages) {}

        @Override
        public void write(long offset, ByteBuffer pages) {}

        @Override
        public void share(ComparedFile canonical, ByteRange range, long offset) {}

        @Override
        public void punch(ByteRange pages) {}

        @Override
        public void close() {}
    };

    /** Whether {@link #canonical} is to be called; for data that the target does not have, it takes a further read. */
    default boolean wantsCanonical() {
        return false;
    }

    /** Data of the canonical file, read from the offset, which begins a page, up to the buffer's limit. */
    default void canonical(long offset, ByteBuffer bytes) {}

    /**
     * Says that all of it is going to be written or shared next; nothing is without this. Ranges begin at pages, and end at
     * pages or at the file's end.
     */
    void discard(ByteRange pages) throws IOException;

    /** The buffer begins with the pages and ends with them. */
    void write(long offset, ByteBuffer pages) throws IOException;

    /** Whole pages that the canonical file has at another place. */
    void share(ComparedFile canonical, ByteRange range, long offset) throws IOException;

    void punch(ByteRange pages) throws IOException;

    @Override
    void close() throws IOException;

    /** Into a clone of the canonical file. */
    static PageSink into(FileBlocks fileSystem, Path clone) throws IOException {
        OpenBlocks blocks = fileSystem.openForChanges(clone);
        try {
            return new CloneSink(FileChannel.open(clone, StandardOpenOption.WRITE), blocks);
        } catch (IOException e) {
            try (blocks) {
                throw e;
            }
        }
    }

    /** Writes at once: the pages wait in the page cache until the file is synced. */
    record CloneSink(FileChannel channel, OpenBlocks blocks) implements PageSink {
        @Override
        public void discard(ByteRange pages) throws IOException {
            blocks.discard(wholePages(pages));
        }

        @Override
        public void write(long offset, ByteBuffer pages) throws IOException {
            FullIo.write(channel, pages, offset);
        }

        @Override
        public void share(ComparedFile canonical, ByteRange range, long offset) throws IOException {
            canonical.cloneInto(blocks, range, offset);
        }

        @Override
        public void punch(ByteRange pages) throws IOException {
            blocks.punchHole(wholePages(pages));
        }

        /** The last page may be a part of one; its block is given back as a whole. The length does not change. */
        private static ByteRange wholePages(ByteRange pages) {
            return ByteRange.between(pages.offset(), Pages.ceiling(pages.end()));
        }

        @Override
        public void close() throws IOException {
            try (channel) {
                blocks.close();
            }
        }
    }
}
