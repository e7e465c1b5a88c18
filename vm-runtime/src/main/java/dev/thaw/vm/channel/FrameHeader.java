// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What precedes each frame's payload. Source: docs/guest-channel.md, Frames; 12 bytes, little-endian. The port of the shared
 * folders has the same, with types of its own.
 *
 * @param length of the payload in bytes
 * @param stream which stream the frame belongs to, as an unsigned number
 * @param type as an unsigned number
 * @param flag what it means depends on the type; 0 or 1
 */
public record FrameHeader(int length, int stream, int type, int flag) {
    static final int LENGTH = 0;
    static final int STREAM = 4;
    static final int TYPE = 8;
    static final int FLAG = 9;
    static final int RESERVED = 10;
    public static final int SIZE = 12;

    public static final int MAX_PAYLOAD = 65536;

    FrameHeader(int length, int stream, FrameType type, int flag) {
        this(length, stream, type.code(), flag);
    }

    /** Reads a guest's header, which SIZE bytes of the buffer are. */
    public static FrameHeader decode(ByteBuffer bytes) throws ProtocolException {
        ByteBuffer b = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        int length = b.getInt(LENGTH);
        if (length < 0 || length > MAX_PAYLOAD) {
            throw new ProtocolException("The guest sent a frame of " + Integer.toUnsignedString(length)
                    + " bytes; the limit is " + MAX_PAYLOAD + ".");
        }
        int reserved = b.getShort(RESERVED);
        if (reserved != 0) {
            throw new ProtocolException("The guest sent a frame whose reserved field is " + reserved + ", not 0.");
        }
        int stream = b.getInt(STREAM);
        if (stream == 0) {
            throw new ProtocolException("The guest sent a frame for stream 0, which does not exist.");
        }
        int type = Byte.toUnsignedInt(b.get(TYPE));
        int flag = Byte.toUnsignedInt(b.get(FLAG));
        if (flag > 1) {
            throw new ProtocolException("The guest sent a frame of type " + type + " with flag " + flag + ".");
        }
        return new FrameHeader(length, stream, type, flag);
    }

    /** For types whose frames have none. */
    public void requireNoFlag() throws ProtocolException {
        if (flag != 0) {
            throw new ProtocolException("The guest sent a frame of type " + type + " with flag " + flag + ".");
        }
    }

    /** A new buffer with this header and room for its payload, positioned behind the header. */
    public ByteBuffer allocate() {
        return put(ByteBuffer.allocate(SIZE + length));
    }

    /** This header alone, ready to be read. */
    public ByteBuffer encode() {
        return put(ByteBuffer.allocate(SIZE)).flip();
    }

    private ByteBuffer put(ByteBuffer frame) {
        return frame.order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .putInt(stream)
                .put((byte) type)
                .put((byte) flag)
                .putShort((short) 0);
    }
}
