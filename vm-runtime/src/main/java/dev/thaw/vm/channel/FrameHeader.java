// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What precedes each frame's payload. Source: docs/guest-channel.md, Frames; 12 bytes, little-endian.
 *
 * @param length of the payload in bytes
 * @param stream which stream the frame belongs to, as an unsigned number
 * @param flag standard output or error, for frames that tell them apart
 */
record FrameHeader(int length, int stream, FrameType type, int flag) {
    static final int LENGTH = 0;
    static final int STREAM = 4;
    static final int TYPE = 8;
    static final int FLAG = 9;
    static final int RESERVED = 10;
    static final int SIZE = 12;

    static final int MAX_PAYLOAD = 65536;

    /** Reads a guest's header, which SIZE bytes of the buffer are. */
    static FrameHeader decode(ByteBuffer bytes) throws ProtocolException {
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
        FrameType type = FrameType.fromGuest(Byte.toUnsignedInt(b.get(TYPE)));
        int flag = Byte.toUnsignedInt(b.get(FLAG));
        boolean mayHaveFlag = type == FrameType.DATA || type == FrameType.EOF;
        if (flag > 1 || (flag == 1 && !mayHaveFlag)) {
            throw new ProtocolException("The guest sent a frame of type " + type + " with flag " + flag + ".");
        }
        return new FrameHeader(length, stream, type, flag);
    }

    /** A new buffer with this header and room for its payload, positioned behind the header. */
    ByteBuffer allocate() {
        ByteBuffer frame = ByteBuffer.allocate(SIZE + length).order(ByteOrder.LITTLE_ENDIAN);
        return frame.putInt(length)
                .putInt(stream)
                .put(type.code())
                .put((byte) flag)
                .putShort((short) 0);
    }
}
