// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.port;

import static dev.thaw.vm.testing.TakenOverGuest.PATIENCE;
import static dev.thaw.vm.testing.TakenOverGuest.frame;
import static dev.thaw.vm.testing.TakenOverGuest.soon;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.testing.FewFilesProcess;
import dev.thaw.vm.testing.TakenOverGuest;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortForwarderTest {
    /** Header, kind, port, empty address. */
    private static final int CONNECT_FRAME = 12 + 1 + 2 + 4;

    private static final int CLIENTS = 8;

    @TempDir
    private Path folder;

    private TakenOverGuest over;
    private PortForwarder forwarder;
    private final List<SocketChannel> clients = new ArrayList<>();

    @BeforeEach
    void connect() throws IOException {
        over = new TakenOverGuest(folder);
        over.resume();
        forwarder = PortForwarder.listen(over.loop(), over.guest(), 80);
        Await.get(forwarder.open(), soon(), "the port");
    }

    @AfterEach
    void close() throws IOException {
        for (SocketChannel client : clients) {
            client.close();
        }
        forwarder.close();
        over.close();
    }

    private SocketChannel client() throws IOException {
        SocketChannel client = SocketChannel.open(forwarder.address());
        clients.add(client);
        over.receive(CONNECT_FRAME);
        over.send(frame(2, 1 + clients.size(), 0));
        return client;
    }

    /** Uploads until neither the guest nor anything on the way takes more. */
    private static void upload(SocketChannel client) throws IOException {
        client.configureBlocking(false);
        ByteBuffer data = ByteBuffer.allocate(1 << 20);
        await("the client to be held up")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .during(Duration.ofMillis(100))
                .until(() -> {
                    long written = client.write(data.clear());
                    return written == 0;
                });
        client.configureBlocking(true);
    }

    @Test
    void uploads_that_the_guest_does_not_read_end_with_the_channel() throws Exception {
        // GIVEN clients that upload more than the guest takes
        for (int i = 0; i < CLIENTS; i++) {
            client();
        }
        for (SocketChannel client : clients) {
            upload(client);
        }
        // WHEN
        over.loop().close(over.host(), new EventLoop.ClosedException("The VM was closed."));
        // THEN each sees that its connection broke
        for (SocketChannel client : clients) {
            thenThrownBy(() -> client.read(ByteBuffer.allocate(1)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void uploads_that_the_guest_does_not_read_end_with_the_loop_whatever_it_closes_first() throws Exception {
        // GIVEN
        for (int i = 0; i < CLIENTS; i++) {
            client();
        }
        for (SocketChannel client : clients) {
            upload(client);
        }
        // WHEN
        over.loop().close();
        // THEN
        for (SocketChannel client : clients) {
            then(isOver(client)).isTrue();
        }
    }

    private static boolean isOver(SocketChannel client) {
        try {
            return client.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return e.getMessage().contains("reset");
        }
    }

    @Test
    void data_that_a_client_does_not_read_gives_the_guest_no_credit_until_it_does() throws Exception {
        // GIVEN a client that gets all that a stream's credit allows
        SocketChannel client = client();
        byte[] chunk = new byte[65536];
        over.send(frame(3, 2, 0, chunk));
        over.send(frame(3, 2, 0, chunk));
        // WHEN it reads
        ByteBuffer received = ByteBuffer.allocate(131072);
        while (received.hasRemaining()) {
            then(client.read(received)).isPositive();
        }
        // THEN everything is granted again, in one WINDOW or in two
        long granted = 0;
        while (granted < 131072) {
            ByteBuffer window = ByteBuffer.wrap(over.receive(16)).order(ByteOrder.LITTLE_ENDIAN);
            then(window.get(8)).isEqualTo((byte) 4);
            granted += window.getInt(12);
        }
        then(granted).isEqualTo(131072);
    }

    @Test
    void a_client_that_goes_away_at_once_takes_no_other_with_it() throws Exception {
        // GIVEN clients that break their connection before it is accepted
        for (int i = 0; i < 50; i++) {
            try (SocketChannel gone = SocketChannel.open(forwarder.address())) {
                gone.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        }
        // WHEN
        try (SocketChannel stays = SocketChannel.open(forwarder.address())) {
            // THEN its request is among the last that the guest gets
            then(stays.isConnected()).isTrue();
            await("the last client's stream").atMost(PATIENCE).until(() -> {
                ByteBuffer header = ByteBuffer.wrap(over.receive(12)).order(ByteOrder.LITTLE_ENDIAN);
                over.receive(header.getInt(0));
                return header.get(8) == 1 && header.getInt(4) == 52;
            });
        }
    }

    @Test
    void a_process_without_a_file_descriptor_left_serves_its_clients_once_it_has_one() throws Exception {
        // GIVEN a process that can't accept a client
        Path output = folder.resolve("output");
        Process jvm = FewFilesProcess.start(Files.createDirectory(folder.resolve("f")), output);
        try {
            await("the client")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> Files.readString(output).contains(FewFilesProcess.FULL)
                            && Files.readString(output).contains("can't accept a connection to the guest's port 80"));
            // WHEN it gets its files back
            jvm.getOutputStream().write('\n');
            jvm.getOutputStream().flush();
            // THEN
            then(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
            then(output).content().contains("Too many open files").contains(FewFilesProcess.THROUGH);
        } finally {
            jvm.destroyForcibly();
        }
    }
}
