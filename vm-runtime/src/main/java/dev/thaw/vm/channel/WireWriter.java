// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/** Writes the fields of a payload in order. Source: docs/guest-channel.md, first section. Not thread-safe. */
public final class WireWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    public WireWriter u8(int value) {
        out.write(value);
        return this;
    }

    public WireWriter u16(int value) {
        return u8(value).u8(value >>> 8);
    }

    public WireWriter u32(int value) {
        return u16(value).u16(value >>> 16);
    }

    public WireWriter i64(long value) {
        out.writeBytes(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
        return this;
    }

    /** Bytes as they are, without a length. */
    public WireWriter raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    public WireWriter string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return u32(bytes.length).raw(bytes);
    }

    public WireWriter strings(Collection<String> texts) {
        u32(texts.size());
        texts.forEach(this::string);
        return this;
    }

    public byte[] toBytes() {
        return out.toByteArray();
    }
}
