// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.testing.UnixPair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console belongs to the guest, which may write to it what it likes and as much as it likes. */
class ConsoleReaderTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int LIMIT = 4 << 20;
    private static final int NOTE = 200;

    @TempDir
    private Path folder;

    @Test
    void a_flood_is_kept_to_its_limits_in_memory_and_on_disk() throws IOException {
        try (EventLoop loop = EventLoop.start("thaw-console-test");
                UnixPair sockets = UnixPair.in(folder);
                ConsoleReader console = new ConsoleReader(folder.resolve("console.log"))) {
            attach(console, loop, sockets);
            // WHEN 6 MiB come, and then some that steers terminals
            byte[] line = ("flood ".repeat(20) + "\n").getBytes(StandardCharsets.US_ASCII);
            for (int sent = 0; sent < LIMIT * 3 / 2; sent += line.length) {
                send(sockets, line);
            }
            send(sockets, "\u001b[31mred\u0007 and \u0000 last\n\n".getBytes(StandardCharsets.ISO_8859_1));
            // THEN the end is known, the file is capped and says so
            await("the last line")
                    .atMost(PATIENCE)
                    .until(() -> console.tail(2).contains("\ufffd[31mred\ufffd and \ufffd last"));
            then(console.tail(2).lines()).hasSize(2).allMatch(text -> text.startsWith("  | "));
            then(console.tail(Integer.MAX_VALUE)).hasSizeLessThan(2 * 8192);
            then(Files.size(console.file())).isBetween((long) LIMIT, (long) LIMIT + NOTE);
            then(Files.readString(console.file(), StandardCharsets.ISO_8859_1))
                    .startsWith("flood ")
                    .endsWith("[thaw: the limit of this file is reached; nothing more is written to it]\n");
        }
    }

    @Test
    void a_line_without_end_is_shown_in_part() throws IOException {
        try (EventLoop loop = EventLoop.start("thaw-console-test");
                UnixPair sockets = UnixPair.in(folder);
                ConsoleReader console = new ConsoleReader(folder.resolve("console.log"))) {
            attach(console, loop, sockets);
            send(sockets, "x".repeat(100_000).getBytes(StandardCharsets.US_ASCII));
            await("all of it").atMost(PATIENCE).until(() -> Files.size(console.file()) == 100_000);
            then(console.tail(10)).hasSizeLessThan(500).startsWith("  | xxxx").endsWith("...\n");
        }
    }

    private static void attach(ConsoleReader console, EventLoop loop, UnixPair sockets) throws IOException {
        Await.get(
                loop.submit(() -> {
                    console.attach(loop, sockets.near());
                    return null;
                }),
                Deadline.in(PATIENCE),
                "the reader");
    }

    private static void send(UnixPair sockets, byte... bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            sockets.far().write(buffer);
        }
    }
}
