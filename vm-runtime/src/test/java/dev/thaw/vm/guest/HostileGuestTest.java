// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import static dev.thaw.vm.testing.TakenOverGuest.PATIENCE;
import static dev.thaw.vm.testing.TakenOverGuest.frame;
import static dev.thaw.vm.testing.TakenOverGuest.hex;
import static dev.thaw.vm.testing.TakenOverGuest.soon;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.ExecSpec;
import dev.thaw.vm.LogLine;
import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.log.LogBuffer;
import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.testing.TakenOverGuest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileGuestTest {
    /** Without a request: the header and the kind. */
    private static final int OPEN_FRAME = 12 + 1;

    @TempDir
    private Path folder;

    private TakenOverGuest over;
    private Guest guest;

    @BeforeEach
    void connect() throws IOException {
        over = new TakenOverGuest(folder);
        guest = over.guest();
    }

    @AfterEach
    void close() throws IOException {
        over.close();
    }

    @Test
    void garbage_instead_of_a_hello_is_given_up_at_a_limit() {
        // GIVEN
        CompletableFuture<ServiceState> resumed = guest.resume(Identity.fresh("vm-1"));
        // WHEN more comes than the host discards, until it hangs up
        byte[] noise = new byte[1 << 20];
        new Random(4711).nextBytes(noise);
        thenThrownBy(() -> {
                    for (int i = 0; i < 64; i++) {
                        over.send(noise);
                    }
                })
                .isInstanceOf(IOException.class);
        // THEN
        thenThrownBy(() -> Await.get(resumed, soon(), "the resume")).hasMessageContaining("no hello of session");
    }

    @Test
    void garbage_in_a_session_ends_it_with_the_violation_for_everything_that_is_open() throws IOException {
        // GIVEN a command that runs
        over.resume();
        ExecCall call = guest.exec(ExecSpec.of("true"));
        // WHEN
        over.send(hex("ffffffff ffffffff ffffffff"));
        // THEN
        thenThrownBy(() -> Await.get(call.result(), soon(), "the command"))
                .hasMessageContaining("a frame of 4294967295 bytes");
        thenThrownBy(() -> Await.get(guest.listening(), soon(), "ports"))
                .hasMessageContaining("The channel to the guest is closed");
        then(over.peer().read(ByteBuffer.allocate(1 << 16))).isNotZero();
    }

    @Test
    void an_answer_that_is_malformed_ends_the_session() throws IOException {
        over.resume();
        CompletableFuture<?> ports = guest.listening();
        over.receive(OPEN_FRAME);
        // WHEN it claims four billion ports
        over.send(frame(6, 2, 0, hex("ffffffff")));
        // THEN
        thenThrownBy(() -> Await.get(ports, soon(), "ports")).hasMessageContaining("names 4294967295 ports");
    }

    @Test
    void statistics_that_no_guest_can_have_fail_whoever_asked() throws IOException {
        over.resume();
        CompletableFuture<?> stats = guest.stats();
        over.receive(OPEN_FRAME);
        // WHEN the clock is the one number of seconds that has no absolute value
        over.send(frame(6, 2, 0, hex("00".repeat(72) + "0000000000000080" + "00000000")));
        // THEN
        thenThrownBy(() -> Await.get(stats, soon(), "statistics"))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("The guest's clock says -9223372036854775808 s and 0 ns.");
    }

    @Test
    void a_refusal_is_quoted_without_what_could_steer_a_terminal() throws IOException {
        over.resume();
        CompletableFuture<?> ports = guest.listening();
        over.receive(OPEN_FRAME);
        over.send(frame(7, 2, 0, hex("01000000 04000000 1b5b324a")));
        thenThrownBy(() -> Await.get(ports, soon(), "ports"))
                .isInstanceOf(GuestRefusedException.class)
                .hasMessage("\ufffd[2J (errno 1)");
    }

    @Test
    void a_log_that_can_not_be_followed_says_so_and_one_that_a_freeze_ends_does_not() throws Exception {
        over.resume();
        try (LogBuffer log = new LogBuffer("hostile", folder.resolve("log"))) {
            // GIVEN a log that ends because the guest is frozen
            Await.get(guest.followLogs(new LogReader(log)), soon(), "the log");
            over.send(frame(7, 2, 0, hex("6c000000 01000000 78")));
            // WHEN another one is refused
            Await.get(guest.followLogs(new LogReader(log)), soon(), "the log");
            over.send(frame(7, 3, 0, hex("16000000 03000000 6e6f21")));
            // THEN
            await("the note").atMost(PATIENCE).until(() -> !log.lines().isEmpty());
            then(log.lines()).extracting(LogLine::text).containsExactly("[thaw: the log can't be followed: no!]");
        }
    }

    @Test
    void silence_hangs_nobody_past_the_time_that_was_given() throws IOException {
        over.resume();
        thenThrownBy(() -> Await.get(guest.stats(), Deadline.in(Duration.ofMillis(200)), "statistics"))
                .hasMessageMatching("Waited \\d+ ms in vain for statistics\\.");
    }

    @Test
    void a_flood_of_log_is_kept_to_its_limits_in_memory_and_on_disk() throws Exception {
        // GIVEN a guest that logs without end and claims all the credit that it gets
        over.resume();
        try (LogBuffer log = new LogBuffer("hostile", folder.resolve("log"))) {
            Await.get(guest.followLogs(new LogReader(log)), soon(), "the log");
            over.send(frame(2, 2, 0, new byte[8]));
            byte[] record = record("flood ".repeat(1000) + "\n");
            // WHEN 70 MiB come, which is more than the file may hold; grants are read so that they do not pile up
            Thread drain = new Thread(this::drain, "drain");
            drain.start();
            for (long sent = 0; sent < 70L << 20; sent += record.length) {
                over.send(frame(3, 2, 0, record));
                awaitCredit(sent);
            }
            // THEN
            List<LogLine> lines = log.lines();
            then(lines.stream().mapToLong(line -> line.text().length()).sum()).isLessThan(4 << 20);
            then(lines.get(0).text()).contains("lines before this one are not kept in memory");
            then(Files.size(log.file())).isBetween(64L << 20, (64L << 20) + 200);
        }
    }

    @Test
    void a_guest_that_floods_and_never_reads_comes_to_the_end_of_its_credit() throws Exception {
        // GIVEN a guest that logs, and reads nothing of what it is sent
        over.resume();
        try (LogBuffer log = new LogBuffer("hostile", folder.resolve("log"))) {
            Await.get(guest.followLogs(new LogReader(log)), soon(), "the log");
            over.send(frame(2, 2, 0, new byte[8]));
            byte[] flood = frame(3, 2, 0, record("flood ".repeat(2000) + "\n"));
            // WHEN it sends on, until the host hangs up
            thenThrownBy(() -> {
                        for (long sent = 0; sent < 512L << 20; sent += flood.length) {
                            over.send(flood);
                        }
                    })
                    .isInstanceOf(IOException.class);
            // THEN
            thenThrownBy(() -> Await.get(guest.listening(), soon(), "ports"))
                    .hasMessageContaining("bytes of DATA on stream 2 with a credit of");
        }
    }

    @Test
    void requests_that_nobody_reads_end_the_session_before_they_fill_the_heap() throws Exception {
        // GIVEN a guest that reads nothing any more
        over.resume();
        String argument = "x".repeat(60_000);
        // WHEN command after command is given up and another one tried
        for (int i = 0; i < 4000; i++) {
            guest.exec(ExecSpec.of("true", argument)).kill("given up");
        }
        // THEN
        thenThrownBy(() -> Await.get(guest.listening(), soon(), "ports"))
                .hasMessageContaining("The guest does not read its channel");
    }

    @Test
    void what_waits_for_the_guest_fails_at_once_when_the_channel_is_closed_here() throws Exception {
        // GIVEN a command that runs, and a log
        over.resume();
        try (LogBuffer log = new LogBuffer("closed", folder.resolve("log"))) {
            Await.get(guest.followLogs(new LogReader(log)), soon(), "the log");
            ExecCall call = guest.exec(ExecSpec.of("sleep", "50"));
            // WHEN another thread closes the channel
            over.loop().close(over.host(), new EventLoop.ClosedException("The VM was closed."));
            // THEN
            thenThrownBy(() -> call.result().getNow(null)).hasRootCauseMessage("The VM was closed.");
            then(log.lines()).isEmpty();
        }
    }

    private static byte[] record(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(16 + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 1)
                .putInt(4, bytes.length)
                .putLong(8, 1)
                .position(16)
                .put(bytes)
                .array();
    }

    private final AtomicLong granted = new AtomicLong(131072);

    /** Takes the host's WINDOW frames: 12 bytes of header and 4 of grant. The first frame is the OPEN of the log. */
    private void drain() {
        try {
            over.receive(12 + 1 + 9);
            while (true) {
                byte[] frame = over.receive(16);
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
