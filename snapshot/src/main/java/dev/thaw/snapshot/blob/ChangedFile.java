// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.FullIo;
import dev.thaw.snapshot.disk.Pages;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private copy of a chunked blob, some pages of which change. It shares the blob's blocks where the file system can; only
 * what has changed is hashed in the end. For one thread.
 */
public final class ChangedFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangedFile.class);

    private final Path file;
    private final FileChannel channel;
    private final SparseFiles.Content before;
    private final BitSet dataChunks;
    private final BitSet changed = new BitSet();
    private ByteBuffer there = ByteBuffer.allocate(0);

    private ChangedFile(Path file, FileChannel channel, SparseFiles.Content before) {
        this.file = file;
        this.channel = channel;
        this.before = before;
        this.dataChunks = before.chunks().chunksOfOtherThanZeros();
    }

    /**
     * Makes the copy.
     *
     * @param blob the file that is copied
     * @param before what is in it
     * @param file must not exist; on the same file system
     */
    public static ChangedFile copy(Path blob, SparseFiles.Content before, FileBlocks blocks, Path file)
            throws IOException {
        if (blocks.clones().available()) {
            blocks.cloneFile(blob, file);
        } else {
            PrivateFiles.createFile(file);
            SparseFiles.copyData(blob, before.chunks(), file);
        }
        return new ChangedFile(file, FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE), before);
    }

    /**
     * Writes whole pages.
     *
     * @throws IllegalArgumentException if they are not, or beyond the end
     */
    public void write(long offset, ByteBuffer pages) throws IOException {
        int count = pages.remaining();
        requirePages(offset, count);
        if (there.capacity() < count) {
            there = ByteBuffer.allocateDirect(count);
        }
        if (!FullIo.read(channel, there.clear().limit(count), offset)) {
            throw new EOFException(file + " ends at " + (offset + there.position()));
        }
        there.flip();
        for (int at = 0; at < count; ) {
            int end = at;
            while (end < count && !isSame(pages, end)) {
                end += Pages.BYTES;
            }
            if (end > at) {
                write(pages.slice(pages.position() + at, end - at), offset + at);
                at = end;
            } else {
                at += Pages.BYTES;
            }
        }
        pages.position(pages.limit());
    }

    /** Makes whole pages zeros. Those of chunks that are all zeros anyhow, and have not been written to, are not looked at. */
    public void writeZeros(long offset, long count) throws IOException {
        requirePages(offset, count);
        int chunkBytes = before.chunks().chunkBytes();
        long end = offset + count;
        for (long at = offset; at < end; ) {
            int chunk = (int) (at / chunkBytes);
            long next = Math.min(end, (chunk + 1L) * chunkBytes);
            if (dataChunks.get(chunk) || changed.get(chunk)) {
                write(at, ByteBuffer.allocate((int) (next - at)));
            }
            at = next;
        }
    }

    private void requirePages(long offset, long count) {
        long length = before.chunks().lengthBytes();
        if (offset < 0
                || offset % Pages.BYTES != 0
                || count < 0
                || count % Pages.BYTES != 0
                || offset > length - count) {
            throw new IllegalArgumentException(
                    count + " bytes at " + offset + " are no whole pages of a file of " + length + " bytes");
        }
    }

    private boolean isSame(ByteBuffer pages, int at) {
        return there.slice(at, Pages.BYTES).mismatch(pages.slice(pages.position() + at, Pages.BYTES)) < 0;
    }

    private void write(ByteBuffer run, long offset) throws IOException {
        int chunkBytes = before.chunks().chunkBytes();
        changed.set((int) (offset / chunkBytes), (int) ((offset + run.remaining() - 1) / chunkBytes) + 1);
        FullIo.write(channel, run, offset);
    }

    /** Syncs it. What is in it now; nothing may be written afterwards. */
    public SparseFiles.Content finish() throws IOException {
        channel.force(true);
        ChunkList chunks = SparseFiles.hashAgain(file, before.chunks(), changed);
        long chunkBytes = before.chunks().chunkBytes();
        long most = before.dataBytes() + changed.cardinality() * chunkBytes;
        return new SparseFiles.Content(chunks, Math.min(most, chunks.lengthBytes()));
    }

    /** Where it is. */
    public Path path() {
        return file;
    }

    /** Never throws: what was finished is synced, and what was not is not wanted. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("{} did not close", file, e);
        }
    }
}
