// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Builds the body of a request, field by field. */
final class Fields {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    static Fields of() {
        return new Fields();
    }

    Fields i32(int... values) {
        for (int value : values) {
            bytes.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(value)
                    .array());
        }
        return this;
    }

    Fields i64(long... values) {
        for (long value : values) {
            bytes.writeBytes(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(value)
                    .array());
        }
        return this;
    }

    Fields text(String text) {
        bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        bytes.write(0);
        return this;
    }

    Fields raw(byte... raw) {
        bytes.writeBytes(raw);
        return this;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
