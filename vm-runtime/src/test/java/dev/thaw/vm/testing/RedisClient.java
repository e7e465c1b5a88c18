// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** One connection to a Redis. Source: Redis serialization protocol, inline commands and simple answers. */
public final class RedisClient implements AutoCloseable {
    private static final int TIMEOUT_MS = 30_000;

    private final Socket socket;
    private final BufferedReader in;

    public RedisClient(InetSocketAddress address) throws IOException {
        socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout(TIMEOUT_MS);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** The answer's first line, or for a string its only one. */
    public String ask(String command) throws IOException {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
        String answer = in.readLine();
        return answer != null && answer.startsWith("$") && !answer.equals("$-1") ? in.readLine() : answer;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
