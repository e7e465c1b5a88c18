// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.loop.OutboundQueue;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;

/** Connects {@link Mux sessions} to the socket that leads to the guest. Confined to its event loop's thread. */
public final class ChannelLink implements EventLoop.Handler {
    private static final int READ_BYTES = 256 * 1024;

    /**
     * What may wait for the guest to read. All of DATA's credit fits; what no credit bounds, such as requests that were
     * given up and made again, can come to more only if the guest does not read at all.
     */
    private static final long MAX_QUEUED_BYTES =
            (long) Mux.MAX_STREAMS * (MuxStream.WINDOW + FrameHeader.SIZE + FrameHeader.MAX_PAYLOAD);

    private final EventLoop loop;
    private final SocketChannel socket;
    private final OutboundQueue outbound;
    private final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_BYTES);
    private Mux mux;
    /** What waits for the end of a pause; null while there is none. */
    private Deque<Held> held;

    private long heldBytes;
    private Throwable failure;

    private record Held(ByteBuffer frame, Runnable written) {}

    private ChannelLink(EventLoop loop, SocketChannel socket) throws IOException {
        this.loop = loop;
        this.socket = socket;
        this.outbound = new OutboundQueue(socket, loop.register(socket, SelectionKey.OP_READ, this));
    }

    /** Takes over a connected socket. To be called on the loop's thread; the loop closes the socket when it ends. */
    public static ChannelLink open(EventLoop loop, SocketChannel socket) throws IOException {
        return new ChannelLink(loop, socket);
    }

    /** Ends the session before, if there was one, and begins a new one. */
    public Mux beginSession(long session) throws IOException {
        if (failure != null) {
            throw new IOException("The channel to the guest is closed: " + failure.getMessage(), failure);
        }
        if (mux != null) {
            mux.fail(new IOException("The channel's session has ended: the VM was frozen or thawed."));
        }
        takeHeld();
        mux = new Mux(session, this::write);
        return mux;
    }

    /**
     * Sends a request that makes the guest pause the session. What streams send from now on is held back, until {@link
     * #pauseFailed} or {@link #continueSession}.
     */
    public void pauseSession(int kind, byte[] request, StreamListener listener) throws IOException {
        if (held != null) {
            throw new IOException("The channel's session is paused already.");
        }
        mux.open(kind, request, listener);
        mux.reserveStream();
        held = new ArrayDeque<>();
    }

    /** The guest has paused the session. */
    public void sessionPaused() {
        mux.pause();
    }

    /** The guest did not pause: the session goes on at once. */
    public void pauseFailed() {
        takeHeld().forEach(one -> write(one.frame(), one.written()));
    }

    /** Takes a paused session up again, with this request as the first one. */
    public void continueSession(int kind, byte[] request, StreamListener listener) throws IOException {
        if (failure != null) {
            throw new IOException("The channel to the guest is closed: " + failure.getMessage(), failure);
        }
        Deque<Held> waiting = takeHeld();
        mux.continueSession(kind, request, listener);
        waiting.forEach(one -> write(one.frame(), one.written()));
    }

    private Deque<Held> takeHeld() {
        Deque<Held> taken = held == null ? new ArrayDeque<>() : held;
        held = null;
        heldBytes = 0;
        return taken;
    }

    private void write(ByteBuffer frame, Runnable written) {
        if (failure != null) {
            return;
        }
        try {
            if (held != null) {
                heldBytes += frame.remaining();
                held.add(new Held(frame, written));
            } else {
                outbound.write(frame);
                outbound.whenWritten(written);
            }
            long waiting = outbound.size() + heldBytes;
            if (waiting > MAX_QUEUED_BYTES) {
                throw new IOException("The guest does not read its channel; " + waiting + " bytes wait for it.");
            }
        } catch (IOException e) {
            failure = e;
            closeLater(e);
        }
    }

    /** Not at once: the stream that wrote is in the middle of something. */
    private void closeLater(IOException cause) {
        try {
            loop.execute(() -> closeNow(cause));
        } catch (RejectedExecutionException e) {
            // The loop ends and closes the socket in any case.
            cause.addSuppressed(e);
        }
    }

    private void closeNow(IOException cause) {
        try {
            loop.close(socket, cause);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        if (key.isWritable()) {
            outbound.flush();
        }
        if (key.isReadable()) {
            read();
        }
    }

    private void read() throws IOException {
        readBuffer.clear();
        if (readSocket() < 0) {
            throw new EOFException("The guest's end of the channel is closed; its machine has ended.");
        }
        readBuffer.flip();
        if (mux != null) {
            mux.receive(readBuffer);
        }
    }

    private int readSocket() throws IOException {
        try {
            return socket.read(readBuffer);
        } catch (IOException e) {
            // "Connection reset" alone: bytes for the guest were under way.
            throw new IOException("The channel to the guest broke: " + e.getMessage() + "; its machine has ended.", e);
        }
    }

    @Override
    public void closed(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
        if (mux != null) {
            mux.fail(cause);
        }
    }
}
