// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.FuseExchange;
import dev.thaw.devices.folder.Caller;
import dev.thaw.devices.host.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request on its way to its answer, of which it has one and no more. Handed from the transport's thread to one
 * other at most; waiting locks see to their own order.
 */
final class FuseCall {
    private static final Logger log = LoggerFactory.getLogger(FuseCall.class);

    private final FuseInHeader header;
    private final FuseExchange exchange;
    private final LongAdder failures;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean later;
    private volatile Runnable whenEnded = () -> {};
    private ByteBuffer data;

    /** @param failures counts calls that get an errno */
    FuseCall(FuseInHeader header, FuseExchange exchange, LongAdder failures) {
        this.header = header;
        this.exchange = exchange;
        this.failures = failures;
    }

    FuseInHeader header() {
        return header;
    }

    int opcode() {
        return header.opcode();
    }

    long unique() {
        return header.unique();
    }

    /** The node that the header names. */
    long node() {
        return header.node();
    }

    Caller caller() {
        return header.caller();
    }

    /** Is run by whoever ends the call, after its answer. */
    void whenEnded(Runnable action) {
        whenEnded = action;
    }

    /** Somebody else will answer. */
    void answerLater() {
        later = true;
    }

    /** Whether it has an answer, or somebody who will give it one. */
    boolean isCaredFor() {
        return later || ended.get();
    }

    /** Room for a reply's struct, all zeros, whose index 0 is at {@link FuseOutHeader#SIZE}. */
    static ByteBuffer room(int bytes) {
        ByteBuffer room = ByteBuffer.allocate(FuseOutHeader.SIZE + bytes).order(ByteOrder.LITTLE_ENDIAN);
        return room.position(room.limit());
    }

    /** Room for a reply's data, from its position on. The same for each time that a call asks. */
    ByteBuffer data(int bytes) {
        if (data == null) {
            data = exchange.allocate(FuseOutHeader.SIZE + bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        return data.limit(FuseOutHeader.SIZE + bytes).position(FuseOutHeader.SIZE);
    }

    /** Answers with what lies up to the position, after a header that is put there. */
    void reply(ByteBuffer room) {
        new FuseOutHeader(room.position(), 0, header.unique()).put(room);
        answer(room.flip());
    }

    void reply() {
        answer(new FuseOutHeader(FuseOutHeader.SIZE, 0, header.unique()).message());
    }

    void fail(Errno errno) {
        failures.increment();
        if (FuseOpcode.isAnswered(header.opcode())) {
            answer(new FuseOutHeader(FuseOutHeader.SIZE, -errno.linux(), header.unique()).message());
        } else {
            end();
        }
    }

    /** Ends a call that has no answer. */
    void end() {
        if (isFirst()) {
            try {
                exchange.done();
            } finally {
                whenEnded.run();
            }
        }
    }

    private void answer(ByteBuffer message) {
        if (isFirst()) {
            try {
                exchange.reply(message);
            } finally {
                whenEnded.run();
            }
        }
    }

    private boolean isFirst() {
        boolean first = ended.compareAndSet(false, true);
        if (!first) {
            log.error("{} was to be answered twice", this, new IllegalStateException("second answer"));
        }
        return first;
    }

    @Override
    public String toString() {
        return "FUSE request " + Long.toUnsignedString(header.unique()) + ", opcode " + header.opcode() + ", node "
                + Long.toUnsignedString(header.node());
    }
}
