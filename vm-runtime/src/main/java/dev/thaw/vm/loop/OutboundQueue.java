// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.loop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Bytes that wait until a non-blocking channel takes them. Confined to the loop's thread. It does not bound itself, but
 * {@link #size} is what it costs: small pieces are put together, so that a flood of them holds no more memory than its
 * bytes.
 */
public final class OutboundQueue {
    private static final int MAX_GATHERED = 64;
    /** What pieces are gathered in. */
    private static final int CHUNK = 16 * 1024;
    /** A buffer with as much in it is kept as it is; copying it would save nothing. */
    private static final int WORTH_KEEPING = CHUNK / 2;

    private final GatheringByteChannel channel;
    private final SelectionKey key;
    /** Ready to be read; the last one may have room behind its limit. */
    private final Deque<ByteBuffer> chunks = new ArrayDeque<>();

    private final Deque<Mark> marks = new ArrayDeque<>();
    private long size;
    private long written;

    /** What is to be run once so many bytes in all have been written. */
    private record Mark(long at, Runnable action) {}

    public OutboundQueue(GatheringByteChannel channel, SelectionKey key) {
        this.channel = channel;
        this.key = key;
    }

    /** Writes at once what the channel takes and keeps the rest; the buffer belongs to the queue from here on. */
    public void write(ByteBuffer bytes) throws IOException {
        writeNow(bytes);
        if (bytes.remaining() >= WORTH_KEEPING) {
            size += bytes.remaining();
            chunks.add(bytes);
        } else {
            keepCopy(bytes);
        }
        watch();
    }

    /** Writes at once what the channel takes and keeps a copy of the rest; the buffer stays the caller's. */
    public void writeCopy(ByteBuffer bytes) throws IOException {
        writeNow(bytes);
        keepCopy(bytes);
        watch();
    }

    /** Runs the action once everything that was written before this call has left the queue; now if it has. */
    public void whenWritten(Runnable action) {
        if (size == 0) {
            action.run();
        } else {
            marks.add(new Mark(written + size, action));
        }
    }

    private void writeNow(ByteBuffer bytes) throws IOException {
        if (size == 0) {
            written += channel.write(bytes);
        } else if (!key.isValid()) {
            throw new ClosedChannelException();
        }
    }

    private void keepCopy(ByteBuffer bytes) {
        size += bytes.remaining();
        while (bytes.hasRemaining()) {
            ByteBuffer last = chunks.peekLast();
            if (last == null || last.limit() == last.capacity()) {
                last = ByteBuffer.allocate(CHUNK).limit(0);
                chunks.add(last);
            }
            int from = last.limit();
            int count = Math.min(bytes.remaining(), last.capacity() - from);
            last.limit(from + count).put(from, bytes, bytes.position(), count);
            bytes.position(bytes.position() + count);
        }
    }

    private void watch() {
        if (size > 0) {
            key.interestOpsOr(SelectionKey.OP_WRITE);
        }
    }

    /** Goes on writing; to be called when the channel is ready for it. */
    public void flush() throws IOException {
        boolean wroteAll = true;
        while (size > 0 && wroteAll) {
            ByteBuffer[] some = chunks.stream().limit(MAX_GATHERED).toArray(ByteBuffer[]::new);
            long count = channel.write(some);
            size -= count;
            written += count;
            wroteAll = !some[some.length - 1].hasRemaining();
            while (!chunks.isEmpty() && !chunks.peek().hasRemaining()) {
                chunks.remove();
            }
            while (!marks.isEmpty() && marks.peek().at() <= written) {
                marks.remove().action().run();
            }
        }
        if (size == 0) {
            key.interestOpsAnd(~SelectionKey.OP_WRITE);
        }
    }

    /** How many bytes are waiting. */
    public long size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }
}
