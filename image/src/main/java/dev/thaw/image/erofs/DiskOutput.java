// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.tree.FileContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Writes a new file from start to end and hashes what it writes. Blocks of zeros are left out: the file has holes
 * there. It does not own the channel. Confined to one thread.
 */
public final class DiskOutput {
    private static final int BUFFER = 1 << 18;
    private static final byte[] ZEROS = new byte[Superblock.BLOCK_SIZE];

    private final FileChannel channel;
    private final MessageDigest hash;
    private final byte[] buffer = new byte[BUFFER];
    private long bufferStart;
    private int used;

    /** An output to an empty file. */
    public DiskOutput(FileChannel channel, MessageDigest hash) {
        this.channel = channel;
        this.hash = hash;
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
        flush();
        if (channel.size() < bufferStart) {
            channel.write(ByteBuffer.allocate(1), bufferStart - 1); // it ends in a hole
        }
        return hash.digest();
    }

    private int room() throws IOException {
        if (used == BUFFER) {
            flush();
        }
        return BUFFER - used;
    }

    private void flush() throws IOException {
        hash.update(buffer, 0, used);
        int at = 0;
        while (at < used) {
            int start = at;
            while (at < used && !isZeroBlock(at)) {
                at = Math.min(used, at + Superblock.BLOCK_SIZE);
            }
            writeFully(start, at);
            while (at < used && isZeroBlock(at)) {
                at = Math.min(used, at + Superblock.BLOCK_SIZE);
            }
        }
        bufferStart += used;
        used = 0;
    }

    private boolean isZeroBlock(int at) {
        int end = Math.min(used, at + Superblock.BLOCK_SIZE);
        return Arrays.equals(buffer, at, end, ZEROS, 0, end - at);
    }

    private void writeFully(int from, int to) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, from, to - from);
        while (bytes.hasRemaining()) {
            channel.write(bytes, bufferStart + bytes.position());
        }
    }
}
