// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.port;

import dev.thaw.vm.guest.Guest;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on a free port of 127.0.0.1 and joins each connection to a port in the guest. Connections that come before
 * {@link #open} wait in the kernel's queue.
 */
public final class PortForwarder implements EventLoop.Handler, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PortForwarder.class);
    /** How long a forwarder that could not accept leaves its clients waiting before it tries again. */
    private static final Duration PAUSE = Duration.ofMillis(100);

    private static final int BACKLOG = 1024;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final EventLoop loop;
    private final Guest guest;
    private final int guestPort;
    private final ServerSocketChannel server;
    private final InetSocketAddress address;
    /** Loop's thread only. */
    private boolean pauseNoted;

    private PortForwarder(EventLoop loop, Guest guest, int guestPort, ServerSocketChannel server) throws IOException {
        this.loop = loop;
        this.guest = guest;
        this.guestPort = guestPort;
        this.server = server;
        this.address = (InetSocketAddress) server.getLocalAddress();
    }

    /** Takes a free port of the host. */
    public static PortForwarder listen(EventLoop loop, Guest guest, int guestPort) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.bind(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), 0), BACKLOG);
            return new PortForwarder(loop, guest, guestPort, server);
        } catch (IOException e) {
            server.close();
            throw new IOException(
                    "Can't listen on a free port of 127.0.0.1 for the guest's port " + guestPort + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** Lets connections through; the guest's session has begun. */
    public CompletableFuture<Void> open() {
        return loop.submit(() -> {
            loop.register(server, SelectionKey.OP_ACCEPT, this);
            return null;
        });
    }

    /** Where clients connect to. */
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public void ready(SelectionKey key) {
        try {
            for (SocketChannel client = server.accept(); client != null; client = server.accept()) {
                join(client);
            }
            pauseNoted = false;
        } catch (IOException e) {
            pause(key, e);
        }
    }

    /** What goes wrong with one client is no reason to turn the next one away. */
    private void join(SocketChannel client) throws IOException {
        try {
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            ForwardedConnection.open(loop, guest, guestPort, client);
        } catch (IOException e) {
            LOG.debug("A connection to the guest's port {} could not be set up.", guestPort, e);
            client.close();
        }
    }

    /** A process that has no file descriptor left may have one again soon; the clients wait in the kernel's queue. */
    private void pause(SelectionKey key, IOException cause) {
        if (!pauseNoted) {
            pauseNoted = true;
            LOG.warn("{} can't accept a connection to the guest's port {} and tries again.", address, guestPort, cause);
        }
        key.interestOps(0);
        loop.executeIn(PAUSE, () -> {
            if (key.isValid()) {
                key.interestOps(SelectionKey.OP_ACCEPT);
            }
        });
    }

    /** Connections that stand have handlers of their own. */
    @Override
    public void closed(Throwable cause) {
        if (!(cause instanceof EventLoop.ClosedException)) {
            LOG.warn("{} takes no more connections to the guest's port {}.", address, guestPort, cause);
        }
    }

    /** Takes no more connections. Those that stand end with the guest's channel. */
    @Override
    public void close() throws IOException {
        loop.close(server, new EventLoop.ClosedException("The forwarder was closed."));
    }
}
