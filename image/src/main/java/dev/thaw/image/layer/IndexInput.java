// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads the fields of an index, none beyond its end. Big-endian, as DataOutput writes. Confined to one thread. */
final class IndexInput {
    private static final int LONGEST_DIGEST = 200;

    private final ByteBuffer bytes;

    IndexInput(ByteBuffer bytes) {
        this.bytes = bytes.slice();
    }

    boolean hasMore() {
        return bytes.hasRemaining();
    }

    int position() {
        return bytes.position();
    }

    int readByte() throws MalformedIndexException {
        need(Byte.BYTES);
        return bytes.get() & 0xff;
    }

    int readInt() throws MalformedIndexException {
        need(Integer.BYTES);
        return bytes.getInt();
    }

    long readLong() throws MalformedIndexException {
        need(Long.BYTES);
        return bytes.getLong();
    }

    /** A long that is not negative. */
    long readSize() throws MalformedIndexException {
        long size = readLong();
        if (size < 0) {
            throw malformed("a size of " + size);
        }
        return size;
    }

    /** How many parts follow, each of at least so many bytes, so that nothing is allocated that can't be there. */
    int readCount(int bytesEach) throws MalformedIndexException {
        int count = readInt();
        if (count < 0 || count > bytes.remaining() / bytesEach) {
            throw malformed(count + " parts of at least " + bytesEach + " bytes, with " + bytes.remaining() + " left");
        }
        return count;
    }

    byte[] readBytes() throws MalformedIndexException {
        byte[] read = new byte[readCount(1)];
        bytes.get(read);
        return read;
    }

    String readString() throws MalformedIndexException {
        return new String(readBytes(), StandardCharsets.ISO_8859_1);
    }

    Digest readDigest() throws MalformedIndexException {
        String text = readString();
        try {
            return Digest.parse(text.substring(0, Math.min(LONGEST_DIGEST, text.length())));
        } catch (IllegalArgumentException e) {
            throw new MalformedIndexException("no digest in front of byte " + bytes.position(), e);
        }
    }

    /** The next so many bytes, as an input of their own. */
    ByteBuffer readPart() throws MalformedIndexException {
        int length = readCount(1);
        ByteBuffer part = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        return part;
    }

    MalformedIndexException malformed(String what) {
        return new MalformedIndexException(what + ", in front of byte " + bytes.position());
    }

    private void need(int count) throws MalformedIndexException {
        if (bytes.remaining() < count) {
            throw malformed("cut off: " + count + " bytes are needed, and " + bytes.remaining() + " are left");
        }
    }
}
