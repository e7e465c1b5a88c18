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
import java.util.concurrent.CompletableFuture;

/**
 * Listens on a free port of 127.0.0.1 and joins each connection to a port in the guest. Connections that come before
 * {@link #open} wait in the kernel's queue.
 */
public final class PortForwarder implements EventLoop.Handler, AutoCloseable {
    private static final int BACKLOG = 1024;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final EventLoop loop;
    private final Guest guest;
    private final int guestPort;
    private final ServerSocketChannel server;
    private final InetSocketAddress address;

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
    public void ready(SelectionKey key) throws IOException {
        for (SocketChannel client = server.accept(); client != null; client = server.accept()) {
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            ForwardedConnection.open(loop, guest, guestPort, client);
        }
    }

    @Override
    public void closed(Throwable cause) {
        // Connections that stand have handlers of their own.
    }

    /** Takes no more connections. Those that stand end with the guest's channel. */
    @Override
    public void close() throws IOException {
        server.close();
    }
}
