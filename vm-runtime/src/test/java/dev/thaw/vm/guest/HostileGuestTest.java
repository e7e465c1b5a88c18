// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.ExecSpec;
import dev.thaw.vm.LogLine;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.log.LogBuffer;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guest that has been taken over: the test is at its end of the socket and sends what it likes. */
class HostileGuestTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int HELLO = 32;
    private static final int RESUME_FRAME = 12 + 1 + 8 + 4 + 64 + 16 + 16 + 4 + "vm-1".length();
    /** Without a request: the header and the kind. */
    private static final int OPEN_FRAME = 12 + 1;

    private static final String RUNNING = "01000000 00000000";

    @TempDir
    private Path folder;

    private EventLoop loop;
    private SocketChannel peer;
    private Guest guest;

    @BeforeEach
    void connect() throws IOException {
        loop = EventLoop.start("thaw-hostile-test");
        Path path = folder.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            peer = SocketChannel.open(UnixDomainSocketAddress.of(path));
            guest = Await.get(Guest.attach(loop, server.accept()), soon(), "the guest");
        }
    }

    @AfterEach
    void close() throws IOException {
        peer.close();
        loop.close();
    }

    private static Deadline soon() {
        return Deadline.in(PATIENCE);
    }

    private byte[] receive(int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            then(peer.read(bytes)).isPositive();
        }
        return bytes.array();
    }

    private void send(byte... bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            peer.write(buffer);
        }
    }

    private static byte[] frame(int type, int stream, int flag, byte... payload) {
        return ByteBuffer.allocate(12 + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(payload.length)
                .putInt(stream)
                .put((byte) type)
                .put((byte) flag)
                .putShort((short) 0)
                .put(payload)
                .array();
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    /** Plays a well-behaved agent up to the answer of RESUME. */
    private void resume() throws IOException {
        CompletableFuture<ServiceState> resumed = guest.resume(new Identity("vm-1"));
        byte[] hello = receive(HELLO);
        receive(RESUME_FRAME);
        hello[18] = 2;
        send(hello);
        send(frame(6, 1, 0, hex(RUNNING)));
        then(Await.get(resumed, soon(), "the resume").isRunning()).isTrue();
    }

    @Test
    void garbage_instead_of_a_hello_is_given_up_at_a_limit() {
        // GIVEN
        CompletableFuture<ServiceState> resumed = guest.resume(new Identity("vm-1"));
        // WHEN more comes than the host discards, until it hangs up
        byte[] noise = new byte[1 << 20];
        new Random(4711).nextBytes(noise);
        thenThrownBy(() -> {
                    for (int i = 0; i < 64; i++) {
                        send(noise);
                    }
                })
                .isInstanceOf(IOException.class);
        // THEN
        thenThrownBy(() -> Await.get(resumed, soon(), "the resume")).hasMessageContaining("no hello of session");
    }

    @Test
    void garbage_in_a_session_ends_it_with_the_violation_for_everything_that_is_open() throws IOException {
        // GIVEN a command that runs
        resume();
        ExecCall call = guest.exec(ExecSpec.of("true"));
        // WHEN
        send(hex("ffffffff ffffffff ffffffff"));
        // THEN
        thenThrownBy(() -> Await.get(call.result(), soon(), "the command"))
                .hasMessageContaining("a frame of 4294967295 bytes");
        thenThrownBy(() -> Await.get(guest.listening(), soon(), "ports"))
                .hasMessageContaining("The channel to the guest is closed");
        then(peer.read(ByteBuffer.allocate(1 << 16))).isNotZero();
    }

    @Test
    void an_answer_that_is_malformed_ends_the_session() throws IOException {
        resume();
        CompletableFuture<?> ports = guest.listening();
        receive(OPEN_FRAME);
        // WHEN it claims four billion ports
        send(frame(6, 2, 0, hex("ffffffff")));
        // THEN
        thenThrownBy(() -> Await.get(ports, soon(), "ports")).hasMessageContaining("names 4294967295 ports");
    }

    @Test
    void silence_hangs_nobody_past_the_time_that_was_given() throws IOException {
        resume();
        thenThrownBy(() -> Await.get(guest.stats(), Deadline.in(Duration.ofMillis(200)), "statistics"))
                .hasMessage("Waited 200 ms in vain for statistics.");
    }

    @Test
    void a_flood_of_log_is_kept_to_its_limits_in_memory_and_on_disk() throws Exception {
        // GIVEN a guest that logs without end and claims all the credit that it gets
        resume();
        try (LogBuffer log = new LogBuffer("hostile", folder.resolve("log"))) {
            Await.get(guest.followLogs(new LogReader(log)), soon(), "the log");
            send(frame(2, 2, 0, new byte[8]));
            byte[] text = "flood ".repeat(1000).concat("\n").getBytes(StandardCharsets.US_ASCII);
            byte[] record = ByteBuffer.allocate(16 + text.length)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put((byte) 1)
                    .putInt(4, text.length)
                    .putLong(8, 1)
                    .position(16)
                    .put(text)
                    .array();
            // WHEN 70 MiB come, which is more than the file may hold; grants are read so that they do not pile up
            Thread drain = new Thread(this::drain, "drain");
            drain.start();
            for (long sent = 0; sent < 70L << 20; sent += record.length) {
                send(frame(3, 2, 0, record));
                awaitCredit(sent);
            }
            // THEN
            List<LogLine> lines = log.lines();
            then(lines.stream().mapToLong(line -> line.text().length()).sum()).isLessThan(4 << 20);
            then(lines.get(0).text()).contains("lines before this one are not kept in memory");
            then(Files.size(log.file())).isBetween(64L << 20, (64L << 20) + 200);
        }
        loop.close();
    }

    private final AtomicLong granted = new AtomicLong(131072);

    /** Takes the host's WINDOW frames: 12 bytes of header and 4 of grant. The first frame is the OPEN of the log. */
    private void drain() {
        try {
            receive(12 + 1 + 9);
            while (true) {
                byte[] frame = receive(16);
                granted.addAndGet(
                        ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getInt(12));
            }
        } catch (IOException | AssertionError e) {
            // The test is over.
            return;
        }
    }

    private void awaitCredit(long sent) {
        await("credit")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(1))
                .pollDelay(Duration.ZERO)
                .until(() -> granted.get() - sent > 20_000);
    }
}
