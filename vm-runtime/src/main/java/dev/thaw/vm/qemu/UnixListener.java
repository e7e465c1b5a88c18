// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * A unix socket that a child connects to once. The parent listens, not the child: so nothing has to be polled for, and
 * a child whose parent is gone finds nobody and ends.
 */
final class UnixListener implements EventLoop.Handler, AutoCloseable {
    /** Two less than sun_path has (Linux's unix(7), macOS's sys/un.h), as the JDK takes no more. */
    static final int MAX_PATH_BYTES = System.getProperty("os.name").startsWith("Mac") ? 102 : 106;

    private final EventLoop loop;
    private final Path path;
    private final ServerSocketChannel server;
    private final CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();

    private UnixListener(EventLoop loop, Path path, ServerSocketChannel server) {
        this.loop = loop;
        this.path = path;
        this.server = server;
    }

    static UnixListener bind(EventLoop loop, Path path) throws IOException {
        requireShort(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        UnixListener listener = new UnixListener(loop, path, server);
        try {
            server.bind(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            server.close();
            throw new IOException("Can't listen on " + path + ": " + e.getMessage(), e);
        }
        loop.submit(() -> loop.register(server, SelectionKey.OP_ACCEPT, listener))
                .exceptionally(failure -> {
                    listener.accepted.completeExceptionally(failure);
                    return null;
                });
        return listener;
    }

    /** Java and QEMU would each say in words of their own that it is too long, and neither what to do. */
    private static void requireShort(Path path) throws IOException {
        int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_PATH_BYTES) {
            throw new IOException("Can't listen on " + path + ": the path of a unix socket has at most "
                    + MAX_PATH_BYTES + " bytes, and this one has " + bytes
                    + ". Give the JVM a shorter folder for temporary files with -Djava.io.tmpdir (it is "
                    + System.getProperty("java.io.tmpdir") + "), or the VM a shorter name.");
        }
    }

    Path path() {
        return path;
    }

    /** The connection, once there is one. It is closed with this listener. */
    CompletableFuture<SocketChannel> accepted() {
        return accepted;
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        SocketChannel socket = server.accept();
        if (socket != null) {
            server.close();
            if (!accepted.complete(socket)) {
                socket.close();
            }
        }
    }

    @Override
    public void closed(Throwable cause) {
        accepted.completeExceptionally(cause);
    }

    @Override
    public void close() throws IOException {
        IOException cause = new EventLoop.ClosedException("Nobody waits for connections to " + path + " any more.");
        loop.close(server, cause);
        accepted.completeExceptionally(cause);
        if (!accepted.isCompletedExceptionally()) {
            loop.close(accepted.join(), cause);
        }
    }
}
