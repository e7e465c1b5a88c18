// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.WireReader;
import dev.thaw.vm.channel.WireWriter;
import dev.thaw.vm.log.LogBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest answers is read, or refused as a violation of the protocol, and nothing else. */
class GuestAnswersTest {
    private static final int STATS_BYTES = 9 * 8 + 8 + 4;
    /** Numbers at which arithmetic goes wrong. */
    private static final long[] EDGES = {
        0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, Integer.MIN_VALUE, Integer.MAX_VALUE, 1_000_000_000L, 253_402_300_800L
    };

    private static WireReader reader(byte[] bytes) {
        return new WireReader("The guest's answer", ByteBuffer.wrap(bytes));
    }

    /** Random bytes, half of them made of numbers at edges. */
    private static byte[] edgy(Random random, int maxBytes) {
        if (random.nextBoolean()) {
            byte[] noise = new byte[random.nextInt(maxBytes + 1)];
            random.nextBytes(noise);
            return noise;
        }
        WireWriter out = new WireWriter();
        for (int i = 0; i < maxBytes / 8; i++) {
            out.i64(EDGES[random.nextInt(EDGES.length)]);
        }
        return out.u32((int) EDGES[random.nextInt(EDGES.length)]).toBytes();
    }

    private static Random seeded() {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        System.out.println("GuestAnswersTest: thaw.test.seed=" + seed);
        return new Random(seed);
    }

    private static WireWriter stats(long memory, long uptime, long idle) {
        return new WireWriter()
                .i64(memory)
                .i64(1)
                .i64(3)
                .i64(2)
                .i64(5)
                .i64(4)
                .i64(6)
                .i64(uptime)
                .i64(idle);
    }

    @Test
    void statistics_are_read_as_the_reference_has_them() throws ProtocolException {
        byte[] bytes = stats(512, 4_000_000_000L, 2_000_000_000L)
                .i64(1_700_000_000L)
                .u32(5)
                .toBytes();
        then(bytes).hasSize(STATS_BYTES);
        then(GuestStats.read(reader(bytes)))
                .isEqualTo(new GuestStats(
                        512,
                        1,
                        3,
                        2,
                        5,
                        4,
                        6,
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(2),
                        Instant.ofEpochSecond(1_700_000_000L, 5)));
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1})
    void statistics_below_zero_are_refused(long value) {
        for (WireWriter bytes : new WireWriter[] {stats(value, 1, 1), stats(1, value, 1), stats(1, 1, value)}) {
            thenThrownBy(() -> GuestStats.read(reader(bytes.i64(0).u32(0).toBytes())))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("which nothing in them can come to");
        }
    }

    @Test
    void more_free_than_there_is_is_refused() {
        thenThrownBy(() -> GuestStats.read(reader(new WireWriter()
                        .i64(1)
                        .i64(1)
                        .i64(7)
                        .i64(8)
                        .i64(0)
                        .i64(0)
                        .toBytes())))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("The guest's statistics say that 8 of 7 are free.");
        thenThrownBy(() -> GuestStats.read(reader(new WireWriter()
                        .i64(1)
                        .i64(1)
                        .i64(8)
                        .i64(8)
                        .i64(0)
                        .i64(Long.MAX_VALUE)
                        .toBytes())))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("The guest's statistics say that " + Long.MAX_VALUE + " of 0 are free.");
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 253_402_300_800L, Long.MAX_VALUE})
    void a_clock_that_no_calendar_has_is_refused(long seconds) {
        thenThrownBy(() -> GuestStats.read(
                        reader(stats(1, 1, 1).i64(seconds).u32(0).toBytes())))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("The guest's clock says " + seconds + " s and 0 ns.");
    }

    /** A record of lost bytes. Source: docs/guest-channel.md, LOGS. */
    private static ByteBuffer lost(long bytes) {
        return ByteBuffer.wrap(
                new WireWriter().u8(4).raw(new byte[3]).u32(8).i64(1).i64(bytes).toBytes());
    }

    @Test
    void a_log_longer_than_any_can_be_is_refused() throws IOException {
        Path folder = Files.createTempDirectory("thaw-log-test");
        try (LogBuffer log = new LogBuffer("long", folder.resolve("log"))) {
            LogReader reader = new LogReader(log);
            // WHEN THEN it begins beyond the end of all numbers
            thenThrownBy(() -> reader.opened(
                            ByteBuffer.wrap(new WireWriter().i64(-1).toBytes())))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessage("The guest's log begins at 18446744073709551615.");
            // AND WHEN THEN it gets there
            reader.read(lost(Long.MAX_VALUE));
            thenThrownBy(() -> reader.read(lost(1)))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessage("The guest's log has 1 bytes more, from 9223372036854775807 on,"
                            + " which no log can come to.");
            then(reader.offset()).isEqualTo(Long.MAX_VALUE);
        } finally {
            delete(folder);
        }
    }

    @RepeatedTest(200)
    void any_answer_is_read_or_refused() throws IOException {
        Random random = seeded();
        readStats(edgy(random, STATS_BYTES));
        readState(edgy(random, 8));
        readPorts(edgy(random, 40));
        readLog(random, edgy(random, 200));
    }

    @FuzzTest
    void any_statistics(FuzzedDataProvider data) {
        readStats(data.consumeRemainingAsBytes());
    }

    @FuzzTest
    void any_state(FuzzedDataProvider data) {
        readState(data.consumeRemainingAsBytes());
    }

    @FuzzTest
    void any_ports(FuzzedDataProvider data) {
        readPorts(data.consumeRemainingAsBytes());
    }

    @FuzzTest
    void any_log(FuzzedDataProvider data) throws IOException {
        Random cuts = new Random(data.consumeLong());
        readLog(cuts, data.consumeRemainingAsBytes());
    }

    private static void readStats(byte[] bytes) {
        try {
            GuestStats stats = GuestStats.read(reader(bytes));
            // What is made of them must not overflow either.
            then(stats.uptime().minus(stats.idle()).toNanos())
                    .isLessThanOrEqualTo(stats.uptime().toNanos());
            then(stats.clock()).isBetween(Instant.EPOCH, Instant.parse("9999-12-31T23:59:59.999999999Z"));
        } catch (ProtocolException expected) {
            then(expected).hasMessageContaining("guest");
        }
    }

    private static void readState(byte[] bytes) {
        try {
            then(ServiceState.read(reader(bytes)).describe()).isNotBlank();
        } catch (ProtocolException expected) {
            then(expected).hasMessageContaining("guest");
        }
    }

    private static void readPorts(byte[] bytes) {
        try {
            then(Guest.readPorts(reader(bytes))).allMatch(port -> port >= 0 && port <= 65535);
        } catch (ProtocolException expected) {
            then(expected).hasMessageContaining("guest");
        }
    }

    private static void readLog(Random cuts, byte[] bytes) throws IOException {
        Path folder = Files.createTempDirectory("thaw-log-test");
        try (LogBuffer log = new LogBuffer("fuzz", folder.resolve("log"))) {
            LogReader reader = new LogReader(log);
            for (int at = 0; at < bytes.length; ) {
                int length = Math.min(bytes.length - at, 1 + cuts.nextInt(60));
                reader.read(ByteBuffer.wrap(bytes, at, length));
                at += length;
            }
            then(reader.offset()).isNotNegative();
        } catch (ProtocolException expected) {
            then(expected).hasMessageContaining("log");
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) {
        try {
            Files.deleteIfExists(folder.resolve("log"));
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
