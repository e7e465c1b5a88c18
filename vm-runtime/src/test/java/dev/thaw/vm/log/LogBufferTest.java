// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.log;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.thaw.vm.LogLine;
import dev.thaw.vm.LogLine.Source;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

class LogBufferTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    private Path folder;

    private LogBuffer log;

    @BeforeEach
    void open() throws IOException {
        log = new LogBuffer("test", folder.resolve("log"));
    }

    @AfterEach
    void close() throws IOException {
        log.close();
    }

    private void append(Instant time, String text) {
        log.append(Source.STDOUT, time, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private List<Integer> lengths() {
        return log.lines().stream().map(line -> line.text().length()).toList();
    }

    @ParameterizedTest
    @CsvSource({"16383, 16383", "16384, 16384", "16385, 16384 1", "32768, 16384 16384", "0, 0"})
    void a_line_is_cut_where_it_gets_too_long_and_nowhere_else(int length, String pieces) {
        append(FIRST, "x".repeat(length) + "\n");
        then(lengths().stream().map(String::valueOf).toList()).containsExactly(pieces.split(" "));
    }

    /** The i-th of a thousand lines of 16 KiB, one each second; 127 of them are kept. */
    private void flood() {
        for (int i = 0; i < 1000; i++) {
            append(FIRST.plusSeconds(i), "x".repeat(16_000) + "\n");
        }
    }

    @Test
    void lines_that_were_lost_are_told_with_the_time_of_the_first_one_that_was_not() {
        flood();
        List<LogLine> lines = log.lines();
        then(lines.get(0).source()).isEqualTo(Source.THAW);
        then(lines.get(0).text()).contains("lines before this one are not kept in memory");
        then(lines.get(0).time()).isEqualTo(lines.get(1).time()).isAfter(FIRST);
    }

    @Test
    void a_follower_that_comes_late_is_told_so_with_the_time_of_the_first_line_that_it_gets() {
        flood();
        List<LogLine> seen = new CopyOnWriteArrayList<>();
        log.follow(seen::add);
        await("lines").atMost(PATIENCE).until(() -> seen.size() > 1);
        then(seen.get(0).source()).isEqualTo(Source.THAW);
        then(seen.get(0).time()).isEqualTo(seen.get(1).time()).isAfter(FIRST);
    }

    @Test
    void an_assertion_that_fails_in_a_consumer_is_logged() {
        // GIVEN
        Logger logger = (Logger) LoggerFactory.getLogger(LogFollower.class);
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.list = new CopyOnWriteArrayList<>();
        logged.start();
        logger.addAppender(logged);
        try {
            // WHEN
            log.follow(line -> {
                throw new AssertionError("a fault of this test");
            });
            append(FIRST, "line\n");
            // THEN
            await("the message").atMost(PATIENCE).until(() -> !logged.list.isEmpty());
            then(logged.list.get(0).getThrowableProxy().getMessage()).isEqualTo("a fault of this test");
        } finally {
            logger.detachAppender(logged);
        }
    }

    @Test
    void the_last_lines_are_quoted_for_a_message() {
        append(FIRST, "one\ntwo\nthree\33[2J\n");
        then(log.tail(2)).isEqualTo("  | two\n  | three\ufffd[2J\n");
        then(log.tail(9)).startsWith("  | one\n");
    }
}
