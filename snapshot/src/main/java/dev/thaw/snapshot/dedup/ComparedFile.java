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
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** One of the two files while they are compared: its bytes, and where its holes are. For one thread. */
final class ComparedFile implements AutoCloseable {
    private final Path file;
    private final long lengthBytes;
    private final OpenBlocks blocks;
    private final FileChannel channel;

    /** Whole pages with data, the first at or after where {@link #lookFrom} was asked last; empty: none before limit. */
    private long dataStart;

    private long dataEnd;

    private ComparedFile(Path file, long lengthBytes, OpenBlocks blocks, FileChannel channel) {
        this.file = file;
        this.lengthBytes = lengthBytes;
        this.blocks = blocks;
        this.channel = channel;
    }

    static ComparedFile open(FileBlocks fileSystem, Path file, long lengthBytes) throws IOException {
        OpenBlocks blocks = fileSystem.open(file);
        try {
            return new ComparedFile(file, lengthBytes, blocks, FileChannel.open(file, StandardOpenOption.READ));
        } catch (IOException e) {
            try (blocks) {
                throw e;
            }
        }
    }

    /**
     * Finds the data around or behind an offset, unless it is known. Blocks may be smaller than pages: a page that has
     * any data has data.
     */
    void lookFrom(long offset, long limit) throws IOException {
        if (offset < dataEnd) {
            return;
        }
        Optional<ByteRange> data = blocks.nextData(offset, limit);
        dataStart =
                data.map(range -> Math.max(offset, Pages.floor(range.offset()))).orElse(limit);
        dataEnd = data.map(range -> Math.min(limit, Pages.ceiling(range.end()))).orElse(limit);
    }

    /** Forgets what is known; for a jump to another part of the file. */
    void forget() {
        dataEnd = 0;
    }

    boolean hasDataAt(long offset) {
        return dataStart <= offset && offset < dataEnd;
    }

    /** The first offset behind {@code offset} at which data becomes a hole or the other way round. */
    long nextChange(long offset) {
        return offset < dataStart ? dataStart : dataEnd;
    }

    /** Fills the buffer from its beginning and flips it. */
    void read(long offset, int length, ByteBuffer buffer) throws IOException {
        buffer.clear().limit(length);
        if (!FullIo.read(channel, buffer, offset)) {
            throw new FileSystemException(
                    file.toString(),
                    null,
                    "ended at offset " + (offset + buffer.position()) + " while it was compared; it had " + lengthBytes
                            + " bytes");
        }
        buffer.flip();
    }

    /** Lets the other file share whole pages of this one. */
    void cloneInto(OpenBlocks other, ByteRange range, long offset) throws IOException {
        other.cloneFrom(blocks, range, offset);
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            blocks.close();
        }
    }
}
