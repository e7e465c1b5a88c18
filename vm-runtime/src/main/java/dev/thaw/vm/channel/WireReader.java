// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of a payload in order, checking that each is there. Source: docs/guest-channel.md, first section.
 */
public final class WireReader {
    private final String what;
    private final ByteBuffer bytes;

    /** @param what names the payload in errors */
    public WireReader(String what, ByteBuffer bytes) {
        this.what = what;
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    public int u8() throws ProtocolException {
        return Byte.toUnsignedInt(need(Byte.BYTES).get());
    }

    public int u16() throws ProtocolException {
        return Short.toUnsignedInt(need(Short.BYTES).getShort());
    }

    public long u32() throws ProtocolException {
        return Integer.toUnsignedLong(need(Integer.BYTES).getInt());
    }

    public int i32() throws ProtocolException {
        return need(Integer.BYTES).getInt();
    }

    /** Also for u64: no field of that size can use its highest bit, which makes the value negative here. */
    public long i64() throws ProtocolException {
        return need(Long.BYTES).getLong();
    }

    /** A string of at most so many bytes. */
    public String string(int maxBytes) throws ProtocolException {
        long length = u32();
        if (length > maxBytes) {
            throw new ProtocolException(what + " has a string of " + length + " bytes; the limit is " + maxBytes + ".");
        }
        byte[] text = new byte[(int) Math.min(length, bytes.remaining())];
        need((int) length).get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    public void requireEnd() throws ProtocolException {
        if (bytes.hasRemaining()) {
            throw new ProtocolException(what + " has " + bytes.remaining() + " bytes too many.");
        }
    }

    private ByteBuffer need(int count) throws ProtocolException {
        if (bytes.remaining() < count) {
            throw new ProtocolException(what + " ends at byte " + bytes.limit() + ", where " + count
                    + " more are needed from byte " + bytes.position() + " on.");
        }
        return bytes;
    }
}
