// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What each side says first. Source: docs/guest-channel.md, Sessions; 32 bytes, little-endian.
 *
 * @param version of the protocol that the sender speaks
 * @param role who sends it
 * @param session what the host chose for the time until the next freeze, never 0
 */
public record Hello(int version, int role, long session) {
    static final int MAGIC = 0;
    static final int VERSION = 16;
    static final int ROLE = 18;
    static final int RESERVED = 20;
    static final int SESSION = 24;
    static final int SIZE = 32;

    public static final int CURRENT_VERSION = 1;
    public static final int HOST = 1;
    static final int GUEST = 2;

    private static final byte[] MAGIC_BYTES = {
        (byte) 0x89, 'T', 'H', 'A', 'W', '-', 'C', 'H', 'A', 'N', 'N', 'E', 'L', '\r', '\n', 0x1a
    };

    /** Ready to be read. */
    public ByteBuffer encode() {
        return ByteBuffer.allocate(SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC, MAGIC_BYTES)
                .putShort(VERSION, (short) version)
                .putShort(ROLE, (short) role)
                .putInt(RESERVED, 0)
                .putLong(SESSION, session)
                .clear();
    }

    /** Reads a whole hello. The caller has seen that the magic is there. */
    static Hello decode(byte[] bytes) {
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return new Hello(
                Short.toUnsignedInt(b.getShort(VERSION)), Short.toUnsignedInt(b.getShort(ROLE)), b.getLong(SESSION));
    }

    /** Whether so many bytes could be the beginning of a hello. */
    static boolean couldBegin(byte[] bytes, int count) {
        int magic = Math.min(count, MAGIC_BYTES.length);
        for (int i = 0; i < magic; i++) {
            if (bytes[i] != MAGIC_BYTES[i]) {
                return false;
            }
        }
        return true;
    }
}
