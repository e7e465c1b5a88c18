// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.io.IOException;
import java.io.Serial;

/** A request's bytes are not what FUSE says they are. */
final class MalformedRequestException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private MalformedRequestException(String message) {
        super(message);
    }

    static MalformedRequestException tooShort(String struct, int expected, int got) {
        return new MalformedRequestException(struct + ": expected " + expected + " bytes, got " + got);
    }

    static MalformedRequestException badLength(String struct, int length, int got) {
        return new MalformedRequestException(
                struct + ": says " + Integer.toUnsignedString(length) + " bytes of itself, got " + got);
    }

    static MalformedRequestException notEnded(String what, int offset) {
        return new MalformedRequestException(what + " at offset " + offset + " has no NUL at its end");
    }

    static MalformedRequestException badValue(String field, long value) {
        return new MalformedRequestException(field + " of " + value + " (0x" + Long.toHexString(value) + ")");
    }
}
