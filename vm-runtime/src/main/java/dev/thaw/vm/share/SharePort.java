// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.vm.channel.Hello;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.lifecycle.Threads;
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
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(5);
    /** Frames that are no share's name this one. */
    private static final int ANY = 1;

    private final Map<Integer, ShareListener> shares = new ConcurrentHashMap<>();
    private final MessageBuffers buffers = new MessageBuffers();
    private final SocketChannel socket;
    private final ShareSender sender;
    private final ShareInput input;
    private final Thread thread;
    private volatile CompletableFuture<Void> held = new CompletableFuture<>();
    /** Why nothing comes any more. */
    private volatile Throwable failure;

    private SharePort(String id, SocketChannel socket, long session) {
        this.socket = socket;
        this.sender = new ShareSender(socket);
        this.input = new ShareInput(session, buffers, shares::get, () -> held.complete(null));
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

    /**
     * Has nothing under way in any device when it returns; nothing is sent until {@link #go}. Replies may still pass at first: what
     * the guest has to finish before it can hold may wait for them.
     */
    void hold(Deadline deadline) throws IOException {
        held = new CompletableFuture<>();
        sender.holdAllButReplies(ShareFrame.HOLD.of(ANY));
        awaitHeld(deadline);
        held = new CompletableFuture<>();
        sender.hold(ShareFrame.HOLD.of(ANY));
        awaitHeld(deadline);
    }

    /** A port that is gone has nothing under way. */
    private void awaitHeld(Deadline deadline) throws IOException {
        if (failure == null) {
            Await.get(held, deadline, "the guest's shared folders to come to rest");
        }
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
        while (socket.read(buffer.clear()) >= 0) {
            input.receive(buffer.flip());
        }
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
        Threads.awaitEnd(thread, JOIN_TIMEOUT);
    }
}
