// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Begins each reply and each notification. Source: linux/fuse.h, fuse_out_header, 16 bytes.
 *
 * @param length of all of the message
 * @param error 0, or an errno negated; of a notification its code
 * @param unique the request's, never 0; of a notification 0
 */
record FuseOutHeader(int length, int error, long unique) {
    static final int LENGTH = 0, ERROR = 4, UNIQUE = 8, SIZE = 16;

    /** Writes at the beginning of a little-endian buffer. */
    void put(ByteBuffer message) {
        message.putInt(LENGTH, length).putInt(ERROR, error).putLong(UNIQUE, unique);
    }

    /** A message of a header alone. */
    ByteBuffer message() {
        ByteBuffer message = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        put(message);
        return message;
    }
}
