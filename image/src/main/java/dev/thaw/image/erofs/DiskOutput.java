// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.pipe.ChunkPipe;
import dev.thaw.image.tree.FileContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Writes a new file from start to end, in a thread of its own, which ends with {@link #finish} or {@link #close}, and
 * hashes what it writes in the caller's, which has less to do. Blocks of zeros are left out: the file has holes there. It
 * does not own the channel, but closes it if it is closed before it has finished. Confined to one thread.
 */
public final class DiskOutput implements AutoCloseable {
    private static final byte[] ZEROS = new byte[Superblock.BLOCK_SIZE];

    private final FileChannel channel;
    private final MessageDigest hash;
    private final ChunkPipe pipe;
    /** Bytes that were sent to the pipe. */
    private long bufferStart;

    private byte[] buffer = {};
    private int used;

    /** What follows is for the pipe's thread only, until it has ended. Bytes that came out of the pipe. */
    private long written;

    /** Files that are written past the page cache take nothing but aligned direct buffers. */
    private final ByteBuffer aligned = ByteBuffer.allocateDirect(ChunkPipe.CHUNK_BYTES + Superblock.BLOCK_SIZE)
            .alignedSlice(Superblock.BLOCK_SIZE);

    /** An output to an empty file. */
    public DiskOutput(FileChannel channel, MessageDigest hash) {
        this.channel = channel;
        this.hash = hash;
        this.pipe = new ChunkPipe("thaw-image-disk-write", this::writeChunk);
    }

    void write(byte[] bytes) throws IOException {
        int done = 0;
        while (done < bytes.length) {
            int n = Math.min(room(), bytes.length - done);
            System.arraycopy(bytes, done, buffer, used, n);
            used += n;
            done += n;
        }
    }

    /** Writes a part of a file's content. */
    void write(FileContent content, long offset, long count) throws IOException {
        long done = 0;
        while (done < count) {
            int n = (int) Math.min(room(), count - done);
            content.read(offset + done, buffer, used, n);
            used += n;
            done += n;
        }
    }

    /** Writes zeros up to a position, which must not lie behind. */
    void padTo(long position) throws IOException {
        long left = position - bufferStart - used;
        if (left < 0) {
            throw new IllegalStateException("at " + (bufferStart + used) + ", asked to pad to " + position);
        }
        while (left > 0) {
            int n = (int) Math.min(room(), left);
            Arrays.fill(buffer, used, used + n, (byte) 0);
            used += n;
            left -= n;
        }
    }

    /** Writes what is still buffered and gives the file its length. Returns the hash of the whole file. */
    public byte[] finish() throws IOException {
        sendBuffer();
        pipe.finish();
        if (channel.size() < written) {
            writeFully(ZEROS, 0, ZEROS.length, written - ZEROS.length); // it would end in a hole
        }
        return hash.digest();
    }

    @Override
    public void close() throws IOException {
        pipe.close();
    }

    private int room() throws IOException {
        if (used == buffer.length) {
            sendBuffer();
            buffer = pipe.chunk();
        }
        return buffer.length - used;
    }

    private void sendBuffer() throws IOException {
        if (used > 0) {
            hash.update(buffer, 0, used);
            pipe.send(buffer, used);
            bufferStart += used;
            used = 0;
        }
    }

    private void writeChunk(byte[] chunk, int length) throws IOException {
        int at = 0;
        while (at < length) {
            int start = at;
            while (at < length && !isZeroBlock(chunk, at, length)) {
                at = Math.min(length, at + Superblock.BLOCK_SIZE);
            }
            writeFully(chunk, start, at, written + start);
            while (at < length && isZeroBlock(chunk, at, length)) {
                at = Math.min(length, at + Superblock.BLOCK_SIZE);
            }
        }
        written += length;
    }

    private static boolean isZeroBlock(byte[] chunk, int at, int length) {
        int end = Math.min(length, at + Superblock.BLOCK_SIZE);
        return Arrays.equals(chunk, at, end, ZEROS, 0, end - at);
    }

    private void writeFully(byte[] bytes, int from, int to, long position) throws IOException {
        aligned.clear().put(bytes, from, to - from).flip();
        while (aligned.hasRemaining()) {
            channel.write(aligned, position + aligned.position());
        }
    }
}
