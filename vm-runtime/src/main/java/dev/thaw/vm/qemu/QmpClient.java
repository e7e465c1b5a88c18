// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.vm.log.Printable;
import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.loop.OutboundQueue;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * The QEMU Machine Protocol: commands, their results, events. Source: QEMU's docs/interop/qmp-spec. Calls may come from
 * any thread; everything else happens on the event loop's.
 */
final class QmpClient implements EventLoop.Handler {
    /** QEMU is not hostile, but what goes wrong in it must not fill the heap. */
    private static final int MAX_LINE_BYTES = 1 << 20;

    private static final int READ_BYTES = 16 * 1024;

    private final ObjectMapper json = new ObjectMapper();
    private final EventLoop loop;
    private final SocketChannel socket;
    private final OutboundQueue outbound;
    private final ByteBuffer readBuffer = ByteBuffer.allocate(READ_BYTES);
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    /** QEMU answers commands in their order. */
    private final Deque<CompletableFuture<JsonNode>> commands = new ArrayDeque<>();

    private final List<EventWait> eventWaits = new ArrayList<>();
    private Throwable failure;

    /** QEMU is too old for a command, or was built without it. */
    static final class UnknownCommandException extends IOException {
        private static final long serialVersionUID = 1L;

        UnknownCommandException(String message) {
            super(message);
        }
    }

    private record EventWait(Predicate<JsonNode> condition, CompletableFuture<JsonNode> result) {}

    private QmpClient(EventLoop loop, SocketChannel socket) throws IOException {
        this.loop = loop;
        this.socket = socket;
        this.outbound = new OutboundQueue(socket, loop.register(socket, SelectionKey.OP_READ, this));
    }

    /** Takes over a connected socket and leaves QMP's negotiation mode. The loop closes the socket when it ends. */
    static CompletableFuture<QmpClient> open(EventLoop loop, SocketChannel socket) {
        return loop.compose(() -> {
            QmpClient client = new QmpClient(loop, socket);
            return client.execute("qmp_capabilities", Map.of()).thenApply(done -> client);
        });
    }

    /** Sends a command; the future has its {@code return} value, or fails with QEMU's description of the error. */
    CompletableFuture<JsonNode> execute(String command, Map<String, ?> arguments) {
        CompletableFuture<JsonNode> result = new CompletableFuture<>();
        ObjectNode message = json.createObjectNode().put("execute", command);
        message.set("arguments", json.valueToTree(arguments));
        ByteBuffer bytes = ByteBuffer.wrap((message + "\n").getBytes(StandardCharsets.UTF_8));
        loop.submit(() -> {
                    if (failure != null) {
                        throw new IOException("QEMU is gone: " + failure.getMessage(), failure);
                    }
                    commands.add(result);
                    outbound.write(bytes);
                    return null;
                })
                .exceptionally(cause -> {
                    result.completeExceptionally(cause);
                    return null;
                });
        return result.exceptionallyCompose(cause -> CompletableFuture.failedFuture(
                cause instanceof UnknownCommandException
                        ? cause
                        : new IOException("QEMU's command " + command + " failed: " + cause.getMessage(), cause)));
    }

    /** Completes with the next event, from now on, of which the condition is true. */
    CompletableFuture<JsonNode> event(Predicate<JsonNode> condition) {
        CompletableFuture<JsonNode> result = new CompletableFuture<>();
        loop.submit(() -> {
                    if (failure != null) {
                        throw new IOException("QEMU is gone: " + failure.getMessage(), failure);
                    }
                    return eventWaits.add(new EventWait(condition, result));
                })
                .exceptionally(cause -> {
                    result.completeExceptionally(cause);
                    return null;
                });
        return result;
    }

    /** Completes with the next event of that name. */
    CompletableFuture<JsonNode> event(String name) {
        return event(event -> event.path("event").asText().equals(name));
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        if (key.isWritable()) {
            outbound.flush();
        }
        if (key.isReadable()) {
            readBuffer.clear();
            if (socket.read(readBuffer) < 0) {
                throw new EOFException("QEMU has closed its control connection; it has ended.");
            }
            readBuffer.flip();
            while (readBuffer.hasRemaining()) {
                take(readBuffer.get());
            }
        }
    }

    private void take(byte b) throws IOException {
        if (b != '\n') {
            line.write(b);
            if (line.size() > MAX_LINE_BYTES) {
                throw new IOException("QEMU sent a control message of over " + MAX_LINE_BYTES + " bytes.");
            }
            return;
        }
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        if (!text.isBlank()) {
            dispatch(parse(text));
        }
    }

    private JsonNode parse(String text) throws IOException {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IOException("QEMU sent a control message that is no JSON: " + Printable.of(text), e);
        }
    }

    private void dispatch(JsonNode message) throws IOException {
        if (message.has("event")) {
            dispatchEvent(message);
        } else if (message.has("return") || message.has("error")) {
            CompletableFuture<JsonNode> command = commands.poll();
            if (command == null) {
                throw new IOException("QEMU answered a command that was not sent: " + Printable.of(message.toString()));
            }
            if (message.has("error")) {
                command.completeExceptionally(error(message.get("error")));
            } else {
                command.complete(message.get("return"));
            }
        } else if (!message.has("QMP")) {
            throw new IOException("QEMU sent a control message of no known kind: " + Printable.of(message.toString()));
        }
    }

    private static IOException error(JsonNode error) {
        String description = error.path("desc").asText();
        return error.path("class").asText().equals("CommandNotFound")
                ? new UnknownCommandException(description)
                : new IOException(description);
    }

    private void dispatchEvent(JsonNode event) {
        for (Iterator<EventWait> waits = eventWaits.iterator(); waits.hasNext(); ) {
            EventWait wait = waits.next();
            if (wait.condition().test(event)) {
                waits.remove();
                wait.result().complete(event);
            }
        }
    }

    @Override
    public void closed(Throwable cause) {
        failure = cause;
        commands.forEach(command -> command.completeExceptionally(cause));
        commands.clear();
        eventWaits.forEach(wait -> wait.result().completeExceptionally(cause));
        eventWaits.clear();
    }
}
