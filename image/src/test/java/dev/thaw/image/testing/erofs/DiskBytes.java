// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;

/** A disk's bytes, little-endian; every access is checked against its length before anything is allocated. */
final class DiskBytes {
    private final SeekableByteChannel channel;
    private final long size;

    DiskBytes(SeekableByteChannel channel) throws IOException {
        this.channel = channel;
        this.size = channel.size();
    }

    long size() {
        return size;
    }

    /** So many bytes at an offset; what they are is for the message if they are not there. */
    ByteBuffer read(long offset, int count, String what) throws IOException {
        check(offset, count, what);
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        channel.position(offset);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new MalformedErofsException("the disk became shorter at " + (offset + bytes.position()));
            }
        }
        return bytes.flip();
    }

    void check(long offset, long count, String what) throws MalformedErofsException {
        if (offset < 0 || count < 0 || offset > size || count > size - offset) {
            throw new MalformedErofsException(
                    what + ": " + count + " bytes at " + offset + ", and the disk has " + size);
        }
    }
}
