// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.vm.channel.FrameHeader;
import dev.thaw.vm.channel.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Types of frames on the shares' port. Source: docs/shared-folders.md, "The port". */
enum ShareFrame {
    ATTACH(1, false),
    ATTACHED(2, true),
    REFUSED(3, true),
    MESSAGE(4, true),
    PART(5, true),
    NOTIFY(6, false),
    REPLAY(7, false),
    DONE(8, true),
    DETACH(9, false),
    DETACHED(10, true),
    HOLD(11, false),
    HELD(12, true),
    GO(13, false),
    USER(14, true),
    SYNC(15, false);

    /** The flag of the last part of a message. */
    static final int LAST = 1;

    private static final ShareFrame[] BY_CODE = new ShareFrame[SYNC.code + 1];

    static {
        for (ShareFrame frame : values()) {
            BY_CODE[frame.code] = frame;
        }
    }

    private final int code;
    private final boolean fromGuest;

    ShareFrame(int code, boolean fromGuest) {
        this.code = code;
        this.fromGuest = fromGuest;
    }

    /** The header of a frame with so many bytes behind it, ready to be read. */
    ByteBuffer header(int share, int payloadBytes, int flag) {
        return new FrameHeader(payloadBytes, share, code, flag).encode();
    }

    /** A frame with this payload, ready to be read. */
    ByteBuffer of(int share, byte... payload) {
        return new FrameHeader(payload.length, share, code, 0)
                .allocate()
                .put(payload)
                .flip();
    }

    /** The beginning of a frame with a number and so many bytes behind it, ready to be read. */
    ByteBuffer numbered(int share, int number, int restBytes) {
        ByteBuffer start = ByteBuffer.allocate(FrameHeader.SIZE + Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return start.put(header(share, Integer.BYTES + restBytes, 0))
                .putInt(number)
                .flip();
    }

    /** The type of a guest's frame. */
    static ShareFrame of(FrameHeader header) throws ProtocolException {
        ShareFrame frame = header.type() < BY_CODE.length ? BY_CODE[header.type()] : null;
        if (frame == null || !frame.fromGuest) {
            throw new ProtocolException(
                    "The guest sent a frame of type " + header.type() + " on the shares' port, which it may not.");
        }
        return frame;
    }
}
