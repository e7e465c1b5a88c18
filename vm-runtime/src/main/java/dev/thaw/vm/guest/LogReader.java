// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.LogLine.Source;
import dev.thaw.vm.channel.MuxStream;
import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.RecordAssembler;
import dev.thaw.vm.channel.StreamListener;
import dev.thaw.vm.channel.WireReader;
import dev.thaw.vm.log.LogBuffer;
import dev.thaw.vm.log.Printable;
import dev.thaw.vm.loop.EventLoop;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * Reads the records of the service's log, cut anywhere, into a {@link LogBuffer}. Source: docs/guest-channel.md, LOGS.
 * Confined to the loop's thread. It can be attached to one LOGS stream after the other and goes on where it was.
 */
public final class LogReader implements StreamListener {
    private static final int SOURCE = 0;
    private static final int LENGTH = 4;
    private static final int TIME = 8;
    private static final int HEADER_SIZE = 16;
    private static final int MAX_LENGTH = 16384;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int AGENT = 3;
    private static final int LOST = 4;
    private static final int ESHUTDOWN = 108;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final LogBuffer log;
    private final RecordAssembler<Header> records = new RecordAssembler<>(HEADER_SIZE, MAX_LENGTH, new Records());
    private MuxStream stream;
    private long offset;

    private record Header(int source, int length, Instant time) {}

    public LogReader(LogBuffer log) {
        this.log = log;
    }

    void attach(MuxStream opened) {
        stream = opened;
        records.reset();
    }

    /** Where in the log the next complete record begins. */
    long offset() {
        return offset;
    }

    @Override
    public void opened(ByteBuffer reply) throws ProtocolException {
        WireReader in = new WireReader("The guest's answer to LOGS", reply);
        long begin = in.i64();
        in.requireEnd();
        if (begin < 0) {
            throw new ProtocolException("The guest's log begins at " + Long.toUnsignedString(begin) + ".");
        }
        offset = begin;
    }

    @Override
    public void data(int flag, ByteBuffer data) throws ProtocolException {
        int length = data.remaining();
        read(data);
        stream.consumed(length);
    }

    /** Takes all bytes of the buffer, a part of the stream of records. */
    void read(ByteBuffer bytes) throws ProtocolException {
        records.append(bytes);
    }

    private final class Records implements RecordAssembler.Format<Header> {
        @Override
        public Header header(ByteBuffer bytes) throws ProtocolException {
            int length = bytes.getInt(LENGTH);
            if (length < 0 || length > MAX_LENGTH) {
                throw new ProtocolException("The guest sent a log record of " + Integer.toUnsignedString(length)
                        + " bytes; the limit is " + MAX_LENGTH + ".");
            }
            long nanos = bytes.getLong(TIME);
            return new Header(
                    Byte.toUnsignedInt(bytes.get(SOURCE)),
                    length,
                    Instant.ofEpochSecond(
                            Math.floorDiv(nanos, NANOS_PER_SECOND), Math.floorMod(nanos, NANOS_PER_SECOND)));
        }

        @Override
        public int bodyLength(Header header) {
            return header.length();
        }

        @Override
        public void record(Header header, ByteBuffer body) throws ProtocolException {
            if (header.source() == LOST) {
                noteLost(header.time(), body);
                return;
            }
            advance(HEADER_SIZE + header.length());
            switch (header.source()) {
                case STDOUT -> log.append(Source.STDOUT, header.time(), body);
                case STDERR -> log.append(Source.STDERR, header.time(), body);
                case AGENT -> log.append(Source.THAW, header.time(), body);
                default ->
                    throw new ProtocolException("The guest sent a log record of source " + header.source() + ".");
            }
        }
    }

    private void noteLost(Instant time, ByteBuffer body) throws ProtocolException {
        WireReader in = new WireReader("A log record of lost bytes", body);
        long lost = in.i64();
        in.requireEnd();
        advance(lost);
        log.note(time, lost + " bytes of the log were lost: they came faster than they could be read");
    }

    private void advance(long bytes) throws ProtocolException {
        if (bytes < 0 || bytes > Long.MAX_VALUE - offset) {
            throw new ProtocolException("The guest's log has " + Long.toUnsignedString(bytes) + " bytes more, from "
                    + offset + " on, which no log can come to.");
        }
        offset += bytes;
    }

    @Override
    public void end(ByteBuffer result) throws ProtocolException {
        throw new ProtocolException("The guest ended the log, which it was asked to follow.");
    }

    @Override
    public void reset(int errno, String message) {
        // With a freeze the session ends, and the next one goes on at offset().
        if (errno != ESHUTDOWN) {
            log.note(Instant.now(), "the log can't be followed: " + Printable.of(message));
        }
    }

    @Override
    public void failed(Throwable cause) {
        if (!(cause instanceof EventLoop.ClosedException)) {
            log.note(Instant.now(), "the guest is gone: " + cause.getMessage());
        }
    }
}
