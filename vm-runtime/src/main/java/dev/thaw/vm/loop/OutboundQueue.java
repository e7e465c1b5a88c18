// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.loop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Bytes that wait until a non-blocking channel takes them. Confined to the loop's thread. It does not bound itself: who
 * fills it is bound by the credit of the streams behind it.
 */
public final class OutboundQueue {
    private static final int MAX_GATHERED = 64;

    private final GatheringByteChannel channel;
    private final SelectionKey key;
    private final Deque<Entry> entries = new ArrayDeque<>();

    private record Entry(ByteBuffer bytes, Runnable written) {}

    public OutboundQueue(GatheringByteChannel channel, SelectionKey key) {
        this.channel = channel;
        this.key = key;
    }

    /** Writes at once what the channel takes and keeps the rest; the buffer belongs to the queue from here on. */
    public void write(ByteBuffer bytes) throws IOException {
        writeOrKeep(bytes, bytes, () -> {});
    }

    /**
     * Writes at once what the channel takes and keeps a copy of the rest; the buffer stays the caller's.
     *
     * @param written is run once all of the bytes have been written
     */
    public void write(ByteBuffer bytes, Runnable written) throws IOException {
        writeOrKeep(bytes, null, written);
    }

    private void writeOrKeep(ByteBuffer bytes, ByteBuffer kept, Runnable written) throws IOException {
        if (entries.isEmpty()) {
            channel.write(bytes);
        }
        if (bytes.hasRemaining()) {
            ByteBuffer rest = kept == null
                    ? ByteBuffer.allocate(bytes.remaining()).put(bytes).flip()
                    : kept;
            entries.add(new Entry(rest, written));
            key.interestOpsOr(SelectionKey.OP_WRITE);
        } else {
            written.run();
        }
    }

    /** Goes on writing; to be called when the channel is ready for it. */
    public void flush() throws IOException {
        boolean wroteAll = true;
        while (!entries.isEmpty() && wroteAll) {
            ByteBuffer[] some =
                    entries.stream().limit(MAX_GATHERED).map(Entry::bytes).toArray(ByteBuffer[]::new);
            channel.write(some);
            while (!entries.isEmpty() && !entries.peek().bytes().hasRemaining()) {
                entries.remove().written().run();
            }
            wroteAll = !some[some.length - 1].hasRemaining();
        }
        if (entries.isEmpty()) {
            key.interestOpsAnd(~SelectionKey.OP_WRITE);
        }
    }

    public boolean isEmpty() {
        return entries.isEmpty();
    }
}
