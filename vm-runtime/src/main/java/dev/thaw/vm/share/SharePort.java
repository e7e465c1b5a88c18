// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.vm.channel.FrameHeader;
import dev.thaw.vm.channel.Hello;
import dev.thaw.vm.channel.HelloScanner;
import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.RecordAssembler;
import dev.thaw.vm.channel.WireReader;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host's end of the port for shared folders. Source: docs/shared-folders.md, "The port". A thread of its own reads it and
 * hands requests on; the quick ones are served there and then. Thread-safe. Closing it ends the thread and the port.
 */
final class SharePort implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SharePort.class);
    private static final int READ_BYTES = 256 * 1024;
    private static final int MAX_MESSAGE = 4096;
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(5);
    /** Frames that are no share's name this one. */
    private static final int ANY = 1;

    private final Map<Integer, ShareListener> shares = new ConcurrentHashMap<>();
    private final MessageBuffers buffers = new MessageBuffers();
    private final PartAssembler parts = new PartAssembler(buffers);
    private final SocketChannel socket;
    private final ShareSender sender;
    private final HelloScanner scanner;
    private final Thread thread;
    private volatile CompletableFuture<Void> held = new CompletableFuture<>();
    /** Why nothing comes any more. */
    private volatile Throwable failure;

    private SharePort(String id, SocketChannel socket, long session) {
        this.socket = socket;
        this.sender = new ShareSender(socket);
        this.scanner = new HelloScanner(session);
        this.thread = new Thread(this::run, "thaw-" + id + "-shares");
        this.thread.setDaemon(true);
    }

    /**
     * Takes over the socket that leads to the relay and begins a session.
     *
     * @param session a random number other than 0
     */
    static SharePort open(String id, SocketChannel socket, long session) throws IOException {
        SharePort port = new SharePort(id, socket, session);
        socket.configureBlocking(true);
        port.thread.start();
        port.sender.send(new Hello(Hello.CURRENT_VERSION, Hello.HOST, session).encode());
        return port;
    }

    /** Has the listener told what comes for a share. */
    void listen(int share, ShareListener listener) throws IOException {
        shares.put(share, listener);
        if (failure != null) {
            shares.remove(share);
            throw new IOException("The port of the shared folders is closed: " + failure.getMessage(), failure);
        }
    }

    /** Ends a share on this side; what still comes for it is dropped. */
    void forget(int share) {
        shares.remove(share);
    }

    ShareSender sender() {
        return sender;
    }

    MessageBuffers buffers() {
        return buffers;
    }

    /** Has nothing under way in any device when it returns; nothing is sent until {@link #go}. */
    void hold(Deadline deadline) throws IOException {
        held = new CompletableFuture<>();
        sender.hold(ShareFrame.HOLD.of(ANY));
        if (failure != null) {
            return;
        }
        Await.get(held, deadline, "the guest's shared folders to come to rest");
    }

    void go() throws IOException {
        sender.go(ShareFrame.GO.of(ANY));
    }

    private void run() {
        Throwable cause;
        try {
            read();
            cause = new EOFException("The guest's end of the port of the shared folders is closed.");
        } catch (IOException | RuntimeException | Error e) {
            cause = e;
        }
        failure = cause;
        held.complete(null);
        closeSocket();
        for (ShareListener listener : shares.values()) {
            listener.failed(cause);
        }
    }

    private void read() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
        RecordAssembler<FrameHeader> frames =
                new RecordAssembler<>(FrameHeader.SIZE, FrameHeader.MAX_PAYLOAD, new Frames());
        boolean inSession = false;
        while (socket.read(buffer.clear()) >= 0) {
            buffer.flip();
            if (!inSession) {
                inSession = scanner.scan(buffer);
            }
            if (inSession) {
                frames.append(buffer);
            }
        }
    }

    private final class Frames implements RecordAssembler.Format<FrameHeader> {
        @Override
        public FrameHeader header(ByteBuffer bytes) throws ProtocolException {
            return FrameHeader.decode(bytes);
        }

        @Override
        public int bodyLength(FrameHeader header) {
            return header.length();
        }

        @Override
        public void record(FrameHeader header, ByteBuffer payload) throws ProtocolException {
            ShareFrame type = ShareFrame.of(header);
            if (type == ShareFrame.HELD) {
                requireEmpty(type, payload);
                held.complete(null);
                return;
            }
            ByteBuffer message =
                    type == ShareFrame.MESSAGE || type == ShareFrame.PART ? message(header, type, payload) : null;
            ShareListener listener = shares.get(header.stream());
            if (listener != null) {
                tell(listener, type, message, payload);
            } else if (message != null) {
                buffers.giveBack(message);
            }
        }
    }

    /** A whole message in a buffer of its own; null if parts of it are still to come. */
    private ByteBuffer message(FrameHeader header, ShareFrame type, ByteBuffer payload) throws ProtocolException {
        if (type == ShareFrame.PART) {
            return parts.take(header.stream(), payload, header.flag() == ShareFrame.LAST);
        }
        return buffers.take(payload.remaining()).put(payload).flip();
    }

    private static void tell(ShareListener listener, ShareFrame type, ByteBuffer message, ByteBuffer payload)
            throws ProtocolException {
        WireReader in = new WireReader("The guest's " + type, payload);
        switch (type) {
            case MESSAGE, PART -> {
                if (message != null) {
                    listener.message(message);
                }
            }
            case ATTACHED -> listener.attached(in.i32(), in.i32());
            case REFUSED -> listener.refused(in.i32(), in.string(MAX_MESSAGE));
            case DONE -> listener.done(in.i32(), in.i32());
            case DETACHED -> listener.detached();
            default -> throw new IllegalStateException(type + " comes from the host");
        }
        if (message == null && type != ShareFrame.PART) {
            in.requireEnd();
        }
    }

    private static void requireEmpty(ShareFrame type, ByteBuffer payload) throws ProtocolException {
        new WireReader("The guest's " + type, payload).requireEnd();
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("{} could not close its socket.", thread.getName(), e);
        }
    }

    @Override
    public void close() {
        closeSocket();
        sender.close();
        boolean interrupted = false;
        try {
            thread.join(JOIN_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        } else if (thread.isAlive() && thread != Thread.currentThread()) {
            LOG.error("{} did not end within {}.", thread.getName(), JOIN_TIMEOUT);
        }
    }
}
