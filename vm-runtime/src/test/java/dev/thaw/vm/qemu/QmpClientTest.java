// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.testing.UnixPair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A QEMU that has gone wrong: the test is at its end of the control connection. */
class QmpClientTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n";
    private static final int LONGEST_MESSAGE_CHARS = 1000;

    @TempDir
    private Path folder;

    private EventLoop loop;
    private UnixPair sockets;
    private CompletableFuture<QmpClient> opened;

    @BeforeEach
    void connect() throws IOException {
        loop = EventLoop.start("thaw-qmp-test");
        sockets = UnixPair.in(folder);
        opened = QmpClient.open(loop, sockets.near());
    }

    @AfterEach
    void close() throws IOException {
        sockets.close();
        loop.close();
    }

    private static <T> T get(Future<T> future) throws IOException {
        return Await.get(future, Deadline.in(PATIENCE), "QEMU");
    }

    private void send(String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
            sockets.far().write(bytes);
        }
    }

    private QmpClient negotiated() throws IOException {
        send(GREETING + "{\"return\": {}}\r\n");
        return get(opened);
    }

    @Test
    void results_come_to_their_commands_in_order_and_events_to_those_who_wait() throws IOException {
        // GIVEN two commands and a wait
        QmpClient client = negotiated();
        CompletableFuture<JsonNode> first = client.execute("query-status", Map.of());
        CompletableFuture<JsonNode> second = client.execute("migrate", Map.of("uri", "unix:/x"));
        CompletableFuture<JsonNode> event = client.event("RESUME");
        // WHEN the answers come in pieces, with events among them
        get(loop.submit(() -> null));
        send("{\"event\": \"STOP\"}\r\n{\"ret");
        send("urn\": {\"status\": \"running\"}}\r\n\r\n{\"event\": \"RESUME\", \"data\": {}}\r\n");
        send("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such file\"}}\r\n");
        // THEN
        then(get(first).path("status").asText()).isEqualTo("running");
        thenThrownBy(() -> get(second)).hasMessage("QEMU's command migrate failed: no such file");
        then(get(event).path("event").asText()).isEqualTo("RESUME");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            kvm: error                  | a control message that is no JSON: kvm: error
            {"return": {}               | a control message that is no JSON: {"return": {}
            {"event"                    | a control message that is no JSON: {"event"
            7                           | a control message of no known kind: 7
            {"greeting": "hello"}       | a control message of no known kind: {"greeting":"hello"}
            """)
    void a_line_that_is_no_message_ends_the_connection_and_is_quoted(String line, String quoted) throws IOException {
        // GIVEN a command under way and a wait for an event
        QmpClient client = negotiated();
        CompletableFuture<JsonNode> command = client.execute("query-status", Map.of());
        CompletableFuture<JsonNode> event = client.event("RESUME");
        // WHEN
        send(line + "\n");
        // THEN all who wait are told, and so is whoever comes later
        thenThrownBy(() -> get(command)).hasMessageContaining("QEMU sent " + quoted);
        thenThrownBy(() -> get(event)).hasMessageContaining("QEMU sent " + quoted);
        thenThrownBy(() -> get(client.execute("quit", Map.of()))).hasMessageContaining("QEMU is gone: QEMU sent ");
        thenThrownBy(() -> get(client.event("STOP"))).hasMessageContaining("QEMU is gone: QEMU sent ");
    }

    @Test
    void an_answer_that_nobody_asked_for_ends_the_connection() throws IOException {
        QmpClient client = negotiated();
        CompletableFuture<JsonNode> event = client.event("RESUME");
        get(loop.submit(() -> null));
        send("{\"return\": {}}\n");
        thenThrownBy(() -> get(event)).hasMessage("QEMU answered a command that was not sent: {\"return\":{}}");
    }

    @Test
    void a_line_without_end_is_given_up_at_a_limit() throws IOException {
        // GIVEN
        QmpClient client = negotiated();
        CompletableFuture<JsonNode> event = client.event("RESUME");
        // WHEN more comes than a line may have, until the connection is closed
        String much = "x".repeat(1 << 18);
        thenThrownBy(() -> {
                    for (int i = 0; i < 64; i++) {
                        send(much);
                    }
                })
                .isInstanceOf(IOException.class);
        // THEN
        thenThrownBy(() -> get(event)).hasMessage("QEMU sent a control message of over 1048576 bytes.");
    }

    @Test
    void a_long_line_of_garbage_is_quoted_in_part_and_can_not_steer_a_terminal() throws IOException {
        QmpClient client = negotiated();
        CompletableFuture<JsonNode> event = client.event("RESUME");
        send("\u001b[2J" + "garbage ".repeat(100_000) + "\n");
        thenThrownBy(() -> get(event))
                .hasMessageContaining("no JSON: \ufffd[2Jgarbage garbage")
                .satisfies(e -> then(e.getMessage()).hasSizeLessThan(LONGEST_MESSAGE_CHARS));
    }

    @Test
    void nesting_without_end_is_refused_and_not_recursed_into() throws IOException {
        QmpClient client = negotiated();
        CompletableFuture<JsonNode> event = client.event("RESUME");
        send("[".repeat(500_000) + "\n");
        thenThrownBy(() -> get(event)).hasMessageContaining("no JSON");
    }

    @Test
    void a_qemu_that_hangs_up_before_its_greeting_fails_the_opening() throws IOException {
        sockets.far().close();
        thenThrownBy(() -> get(opened))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("QEMU's command qmp_capabilities failed");
    }

    @Test
    void a_qemu_that_hangs_up_later_fails_what_is_under_way() throws IOException {
        QmpClient client = negotiated();
        CompletableFuture<JsonNode> command = client.execute("query-status", Map.of());
        CompletableFuture<JsonNode> event = client.event("RESUME");
        sockets.far().close();
        thenThrownBy(() -> get(command)).hasMessageContaining("QEMU's command query-status failed");
        thenThrownBy(() -> get(event)).isInstanceOf(IOException.class);
        thenThrownBy(() -> get(client.execute("quit", Map.of()))).isInstanceOf(IOException.class);
    }

    @Test
    void a_qemu_that_says_nothing_is_waited_for_no_longer_than_was_given() {
        thenThrownBy(() -> Await.get(opened, Deadline.in(Duration.ofMillis(200)), "QEMU's greeting"))
                .hasMessageMatching("Waited \\d+ ms in vain for QEMU's greeting\\.");
    }
}
