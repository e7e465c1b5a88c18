// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Puts records together that come cut anywhere: each has a header of fixed size, which tells how long the body is that
 * follows. Not thread-safe. Holds at most one record, and copies only those that do not lie in one piece.
 *
 * @param <H> what a header says
 */
public final class RecordAssembler<H> {
    private final int headerSize;
    private final Format<H> format;
    private final ByteBuffer held;
    /** Of the held record, once it is complete. */
    private H header;

    /** What the records are and where they go. Buffers are little-endian and valid only during the call. */
    public interface Format<H> {
        /** Reads a header, which is all that the buffer has. */
        H header(ByteBuffer bytes) throws ProtocolException;

        /** How long the body is that belongs to a header; {@link #header} has refused one that is too long. */
        int bodyLength(H header);

        /** Takes a complete record. */
        void record(H header, ByteBuffer body) throws ProtocolException;
    }

    public RecordAssembler(int headerSize, int maxBodyBytes, Format<H> format) {
        this.headerSize = headerSize;
        this.format = format;
        this.held = ByteBuffer.allocate(headerSize + maxBodyBytes);
    }

    /** Takes all bytes of the buffer, whatever its order, and hands on each record that they complete. */
    public void append(ByteBuffer in) throws ProtocolException {
        while (in.hasRemaining()) {
            if (held.position() > 0 || !takeWhole(in)) {
                takePart(in);
            }
        }
    }

    /** Forgets the record that is not complete, if there is one. */
    public void reset() {
        held.clear();
        header = null;
    }

    /** Hands on a record that lies in the buffer as a whole; returns false if none does. */
    private boolean takeWhole(ByteBuffer in) throws ProtocolException {
        if (in.remaining() < headerSize) {
            return false;
        }
        H next = format.header(part(in, in.position(), headerSize));
        int length = format.bodyLength(next);
        if (in.remaining() < headerSize + length) {
            return false;
        }
        ByteBuffer body = part(in, in.position() + headerSize, length);
        in.position(in.position() + headerSize + length);
        format.record(next, body);
        return true;
    }

    private void takePart(ByteBuffer in) throws ProtocolException {
        hold(in, headerSize);
        if (held.position() < headerSize) {
            return;
        }
        if (header == null) {
            header = format.header(part(held, 0, headerSize));
        }
        int length = format.bodyLength(header);
        hold(in, headerSize + length);
        if (held.position() == headerSize + length) {
            H complete = header;
            reset();
            format.record(complete, part(held, headerSize, length));
        }
    }

    private void hold(ByteBuffer in, int until) {
        int count = Math.min(until - held.position(), in.remaining());
        if (count > 0) {
            held.put(in.slice(in.position(), count));
            in.position(in.position() + count);
        }
    }

    private static ByteBuffer part(ByteBuffer bytes, int at, int length) {
        return bytes.slice(at, length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
