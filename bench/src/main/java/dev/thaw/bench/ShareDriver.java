// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Tells the program {@code bench/shares/driver.c} in a guest what to do. One line each way. Not thread-safe. */
final class ShareDriver implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String OK = "ok";

    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer input = ByteBuffer.allocate(1 << 16).flip();
    private final StringBuilder line = new StringBuilder();

    /** Takes the connection over and waits for the guest's first word. */
    ShareDriver(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        selector = Selector.open();
        channel.register(selector, SelectionKey.OP_READ);
        requireOk(line(), "begin");
    }

    /** What the guest answers behind its "ok". */
    String ask(String order) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((order + "\n").getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            channel.write(bytes); // a short line, which the socket's buffer has room for
        }
        return requireOk(line(), order);
    }

    /** The guest's own time for what was ordered. */
    Duration time(String order) throws IOException {
        String[] answer = ask(order).split(" ", -1);
        if (order.startsWith("run ") && !answer[1].equals("0")) {
            throw new IllegalStateException("Exit " + answer[1] + " in the guest: " + order);
        }
        return Duration.ofNanos(Long.parseLong(answer[0]));
    }

    private static String requireOk(String answer, String order) {
        if (!answer.startsWith(OK)) {
            throw new IllegalStateException("'" + order + "' was answered with '" + answer + "'");
        }
        return answer.substring(OK.length()).strip();
    }

    /** The next line that the guest sends. */
    String line() throws IOException {
        line.setLength(0);
        while (true) {
            while (input.hasRemaining()) {
                char next = (char) input.get();
                if (next == '\n') {
                    return line.toString();
                }
                line.append(next);
            }
            fill();
        }
    }

    private void fill() throws IOException {
        if (selector.select(PATIENCE.toMillis()) == 0) {
            throw new IOException("The guest has not answered within " + PATIENCE.toMinutes() + " minutes.");
        }
        selector.selectedKeys().clear();
        input.clear();
        int got = channel.read(input);
        input.flip();
        if (got < 0) {
            throw new EOFException("The guest has gone.");
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            selector.close();
        }
    }
}
