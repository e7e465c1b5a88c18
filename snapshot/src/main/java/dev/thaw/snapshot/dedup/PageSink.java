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
        public void write(long offset, ByteBuffer pages) {}

        @Override
        public void punch(ByteRange pages) {}

        @Override
        public void close() {}
    };

    /** Ranges begin at pages, and end at pages or at the file's end. */
    void write(long offset, ByteBuffer pages) throws IOException;

    void punch(ByteRange pages) throws IOException;

    @Override
    void close() throws IOException;

    /** Into a clone of the canonical file. */
    static PageSink into(FileBlocks fileSystem, Path clone) throws IOException {
        OpenBlocks blocks = fileSystem.openForPunching(clone);
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
        public void write(long offset, ByteBuffer pages) throws IOException {
            blocks.discard(wholePages(offset, pages.remaining()));
            FullIo.write(channel, pages, offset);
        }

        @Override
        public void punch(ByteRange pages) throws IOException {
            blocks.punchHole(wholePages(pages.offset(), pages.length()));
        }

        /** The last page may be a part of one; its block is given back as a whole. The length does not change. */
        private static ByteRange wholePages(long offset, long length) {
            return ByteRange.between(offset, Pages.ceiling(offset + length));
        }

        @Override
        public void close() throws IOException {
            try (channel) {
                blocks.close();
            }
        }
    }
}
