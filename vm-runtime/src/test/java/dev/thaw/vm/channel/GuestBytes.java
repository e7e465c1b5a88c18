// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import static dev.thaw.vm.testing.TakenOverGuest.hex;

import dev.thaw.vm.testing.TakenOverGuest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Bytes as a guest would send them, written by hand from docs/guest-channel.md, not by the code under test. */
final class GuestBytes {
    static final String MAGIC = "89544841572d4348414e4e454c0d0a1a";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    GuestBytes raw(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    GuestBytes hello(int version, int role, long session) {
        return raw(hex(MAGIC))
                .raw(ByteBuffer.allocate(16)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putShort((short) version)
                        .putShort((short) role)
                        .putInt(0)
                        .putLong(session)
                        .array());
    }

    GuestBytes frame(int type, int stream, int flag, byte... payload) {
        return raw(TakenOverGuest.frame(type, stream, flag, payload));
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes());
    }
}
