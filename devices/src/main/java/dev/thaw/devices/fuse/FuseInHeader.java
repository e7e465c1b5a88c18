// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Caller;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Begins each request. Source: linux/fuse.h, fuse_in_header, 40 bytes. Guests are little-endian, as all machines are
 * that Thaw knows. The last four bytes are padding in 7.37, and tell of extensions, which we do not ask for, later.
 */
record FuseInHeader(int length, int opcode, long unique, long node, int uid, int gid, int pid) {
    static final int LENGTH = 0, OPCODE = 4, UNIQUE = 8, NODE = 16, UID = 24, GID = 28, PID = 32, SIZE = 40;

    /** What a message begins with, without moving its position. */
    static FuseInHeader decode(ByteBuffer message) throws MalformedRequestException {
        ByteBuffer b = message.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (b.limit() < SIZE) {
            throw MalformedRequestException.tooShort("fuse_in_header", SIZE, b.limit());
        }
        return new FuseInHeader(
                b.getInt(LENGTH),
                b.getInt(OPCODE),
                b.getLong(UNIQUE),
                b.getLong(NODE),
                b.getInt(UID),
                b.getInt(GID),
                b.getInt(PID));
    }

    /** What comes after the header. The length that it tells must be the message's. */
    FuseBody body(ByteBuffer message) throws MalformedRequestException {
        if (length != message.remaining()) {
            throw MalformedRequestException.badLength("fuse_in_header", length, message.remaining());
        }
        return new FuseBody(message.slice(message.position() + SIZE, length - SIZE));
    }

    /** The number by which a message's reply is known, 0 if the message is too short to have one. */
    static long uniqueOf(ByteBuffer message) {
        return message.remaining() < UNIQUE + Long.BYTES
                ? 0
                : message.slice().order(ByteOrder.LITTLE_ENDIAN).getLong(UNIQUE);
    }

    Caller caller() {
        return new Caller(uid, gid, pid);
    }
}
