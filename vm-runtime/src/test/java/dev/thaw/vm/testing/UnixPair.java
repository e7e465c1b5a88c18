// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Two ends of a connection through a unix socket.
 *
 * @param near for the code under test
 * @param far for the test, which plays the other side
 */
public record UnixPair(SocketChannel near, SocketChannel far) implements AutoCloseable {

    /** Connects through a socket that is made in the folder. */
    public static UnixPair in(Path folder) throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            SocketChannel far = SocketChannel.open(address);
            return new UnixPair(server.accept(), far);
        }
    }

    @Override
    public void close() throws IOException {
        near.close();
        far.close();
    }
}
