// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One request and its answer, of which the body has not been read yet. Confined to one thread. */
final class Exchange implements AutoCloseable {
    /** So much of a body is read to keep the connection; with more left, a new one is cheaper. */
    private static final int MAX_DRAINED = 1 << 16;

    private final HttpURLConnection connection;
    private final URI uri;
    private final int status;
    private final InputStream body;
    private final Cancellation cancellation;

    private Exchange(HttpURLConnection connection, URI uri, int status, InputStream body, Cancellation cancellation) {
        this.connection = connection;
        this.uri = uri;
        this.status = status;
        this.body = body;
        this.cancellation = cancellation;
    }

    /** Sends the request and waits for the head of the answer. */
    static Exchange send(HttpURLConnection connection, URI uri, Cancellation cancellation)
            throws IOException, InterruptedException {
        cancellation.add(connection);
        boolean answered = false;
        try {
            connect(connection);
            int status = connection.getResponseCode();
            if (status < 0) {
                throw new IOException("the answer is not HTTP");
            }
            InputStream body = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
            answered = true;
            return new Exchange(
                    connection, uri, status, body == null ? InputStream.nullInputStream() : body, cancellation);
        } finally {
            if (!answered) {
                cancellation.remove(connection);
            }
        }
    }

    /** Tells a connection that does not come about from an answer that stalls, which is worth another try. */
    private static void connect(HttpURLConnection connection) throws IOException {
        try {
            connection.connect();
        } catch (SocketTimeoutException e) {
            ConnectException unreachable = new ConnectException("no connection within the time allowed");
            unreachable.initCause(e);
            throw unreachable;
        }
    }

    int status() {
        return status;
    }

    /** What was asked last, after redirects. */
    URI uri() {
        return uri;
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(connection.getHeaderField(name));
    }

    /** All values of a header that may come several times, in their order. */
    List<String> headers(String name) {
        return connection.getHeaderFields().entrySet().stream()
                .filter(field -> name.equalsIgnoreCase(field.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(List.of());
    }

    InputStream body() {
        return body;
    }

    /** The whole body, or as much of it as is accepted and one byte. */
    byte[] bodyAtMost(int bytes) throws IOException {
        return body.readNBytes(bytes + 1);
    }

    /** Leaves the connection for the next request if there is little left to read. */
    @Override
    public void close() {
        try (body) {
            if (body.readNBytes(MAX_DRAINED).length == MAX_DRAINED) {
                connection.disconnect();
            }
        } catch (IOException e) {
            connection.disconnect(); // nobody wants the rest
        } finally {
            cancellation.remove(connection);
        }
    }
}
