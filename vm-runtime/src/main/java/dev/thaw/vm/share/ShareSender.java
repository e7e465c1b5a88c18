// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.vm.channel.FrameHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends frames to the relay, from any thread. A frame goes out as a whole; of messages that are too long for one, one is under
 * way at a time, and lets shorter ones pass between its parts. Who sends waits until the relay, which never stops reading,
 * has taken it, or the socket is closed.
 */
final class ShareSender implements AutoCloseable {
    private final SocketChannel socket;
    /** Fair: who sends part after part would have it again before anybody who waits has woken up. */
    private final ReentrantLock frames = new ReentrantLock(true);

    private final ReentrantLock longMessages = new ReentrantLock();
    private final Condition goes = frames.newCondition();
    private Gate gate = Gate.OPEN;
    private boolean closed;

    ShareSender(SocketChannel socket) {
        this.socket = socket;
    }

    /** What may pass. In this order. */
    private enum Gate {
        SHUT,
        REPLIES,
        OPEN
    }

    /** Sends a frame that is no reply, or what comes before frames, once nothing holds it. */
    void send(ByteBuffer... frame) throws IOException {
        send(Gate.OPEN, frame);
    }

    private void send(Gate needed, ByteBuffer... frame) throws IOException {
        frames.lock();
        try {
            while (gate.compareTo(needed) < 0 && !closed) {
                goes.awaitUninterruptibly();
            }
            write(frame);
        } finally {
            frames.unlock();
        }
    }

    /** Sends a message, which is all that the buffers have, in as many frames as it takes. */
    void message(int share, ByteBuffer... message) throws IOException {
        int length = 0;
        for (ByteBuffer one : message) {
            length += one.remaining();
        }
        if (length <= FrameHeader.MAX_PAYLOAD) {
            send(Gate.REPLIES, frame(ShareFrame.MESSAGE.header(share, length, 0), message));
            return;
        }
        longMessages.lock();
        try {
            for (int left = length; left > 0; ) {
                int part = Math.min(left, FrameHeader.MAX_PAYLOAD);
                left -= part;
                ByteBuffer header = ShareFrame.PART.header(share, part, left == 0 ? ShareFrame.LAST : 0);
                send(Gate.REPLIES, frame(header, cut(part, message)));
            }
        } finally {
            longMessages.unlock();
        }
    }

    /** The next bytes of a message; its buffers are behind them then. */
    private static ByteBuffer[] cut(int count, ByteBuffer... message) {
        List<ByteBuffer> pieces = new ArrayList<>();
        int left = count;
        for (ByteBuffer one : message) {
            int length = Math.min(left, one.remaining());
            pieces.add(one.slice(one.position(), length));
            one.position(one.position() + length);
            left -= length;
        }
        return pieces.toArray(ByteBuffer[]::new);
    }

    private static ByteBuffer[] frame(ByteBuffer header, ByteBuffer... payload) {
        ByteBuffer[] all = new ByteBuffer[payload.length + 1];
        all[0] = header;
        System.arraycopy(payload, 0, all, 1, payload.length);
        return all;
    }

    /** Sends this frame, and then only replies until {@link #go}. */
    void holdAllButReplies(ByteBuffer frame) throws IOException {
        turn(Gate.REPLIES, frame);
    }

    /** Sends this frame, and no other until {@link #go}. */
    void hold(ByteBuffer frame) throws IOException {
        turn(Gate.SHUT, frame);
    }

    void go(ByteBuffer frame) throws IOException {
        turn(Gate.OPEN, frame);
    }

    private void turn(Gate next, ByteBuffer frame) throws IOException {
        frames.lock();
        try {
            gate = next;
            goes.signalAll();
            write(frame);
        } finally {
            frames.unlock();
        }
    }

    /** A blocking channel takes all, but may say that it took less. */
    private void write(ByteBuffer... frame) throws IOException {
        if (closed) {
            throw new ClosedChannelException();
        }
        while (anyLeft(frame)) {
            if (socket.write(frame) < 0) {
                throw new ClosedChannelException();
            }
        }
    }

    private static boolean anyLeft(ByteBuffer... buffers) {
        for (ByteBuffer one : buffers) {
            if (one.hasRemaining()) {
                return true;
            }
        }
        return false;
    }

    /** Lets those go who wait; they fail. The socket is closed by its owner, before. */
    @Override
    public void close() {
        frames.lock();
        try {
            closed = true;
            goes.signalAll();
        } finally {
            frames.unlock();
        }
    }
}
