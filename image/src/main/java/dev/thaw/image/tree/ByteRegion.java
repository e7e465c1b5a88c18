// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Some bytes that can be read at any position: a file or a part of one. It does not own what it reads from.
 *
 * @param bytes to read from
 * @param offset of the region in these, in bytes
 * @param length of the region, in bytes
 */
public record ByteRegion(Bytes bytes, long offset, long length) {
    /** A file, or what is like one. */
    @FunctionalInterface
    public interface Bytes {
        /** As {@link FileChannel#read(ByteBuffer, long)}. */
        int read(ByteBuffer target, long position) throws IOException;
    }

    public ByteRegion {
        if (offset < 0 || length < 0 || Math.addExact(offset, length) < 0) {
            throw new IllegalArgumentException("offset " + offset + ", length " + length);
        }
    }

    /** A part of a file that is open for reading. */
    public ByteRegion(FileChannel channel, long offset, long length) {
        this((Bytes) channel::read, offset, length);
    }

    /** The whole of a file, as long as it is now. */
    public static ByteRegion of(FileChannel channel) throws IOException {
        return new ByteRegion(channel, 0, channel.size());
    }

    /** A part of this region, which must lie inside it. */
    public ByteRegion slice(long position, long sliceLength) {
        check(position, sliceLength);
        return new ByteRegion(bytes, offset + position, sliceLength);
    }

    /**
     * Fills target[from, from + count) with the bytes at the position. Throws EOFException if the file has become
     * shorter than the region.
     */
    public void read(long position, byte[] target, int from, int count) throws IOException {
        check(position, count);
        ByteBuffer buffer = ByteBuffer.wrap(target, from, count);
        long at = offset + position;
        while (buffer.hasRemaining()) {
            int got = bytes.read(buffer, at);
            if (got < 0) {
                throw new EOFException("the file ends at byte " + at + "; it has become shorter while it was read");
            }
            at += got;
        }
    }

    private void check(long position, long count) {
        if (position < 0 || count < 0 || position > length - count) {
            throw new IndexOutOfBoundsException(
                    count + " bytes at position " + position + " of a region of " + length + " bytes");
        }
    }
}
