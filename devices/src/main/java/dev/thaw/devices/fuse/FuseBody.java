// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.ErrnoException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What follows a request's header: a struct, then names and data. Each struct's length is checked before its fields are
 * read, by offsets from its beginning. Not thread-safe.
 */
final class FuseBody {
    private final ByteBuffer bytes;
    private int next;

    FuseBody(ByteBuffer bytes) {
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Goes on to a struct of this size. Fields' offsets are from its beginning, which is returned. */
    ByteBuffer struct(String name, int size) throws MalformedRequestException {
        if (size > remaining()) {
            throw MalformedRequestException.tooShort(name, size, remaining());
        }
        ByteBuffer struct = bytes.slice(next, size).order(ByteOrder.LITTLE_ENDIAN);
        next += size;
        return struct;
    }

    /** How many bytes have not been taken. */
    int remaining() {
        return bytes.limit() - next;
    }

    Name name() throws MalformedRequestException, ErrnoException {
        return Name.of(text("name"));
    }

    /** Bytes up to a NUL, which is not among them. */
    byte[] text(String what) throws MalformedRequestException {
        for (int at = next; at < bytes.limit(); at++) {
            if (bytes.get(at) == 0) {
                byte[] text = new byte[at - next];
                bytes.get(next, text);
                next = at + 1;
                return text;
            }
        }
        throw MalformedRequestException.notEnded(what, next);
    }

    /** All that is left, which has to be this much. It is a view: valid as long as the request's bytes are. */
    ByteBuffer data(String what, int length) throws MalformedRequestException {
        if (length < 0 || length != remaining()) {
            throw MalformedRequestException.badLength(what, length, remaining());
        }
        ByteBuffer data = bytes.slice(next, length);
        next += length;
        return data;
    }
}
