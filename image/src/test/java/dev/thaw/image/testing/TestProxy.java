// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP proxy: passes requests with whole addresses on, and makes tunnels (RFC 9110, 9.3.6). It alone knows where the
 * names are that a test gives it, so whatever gets there went through it.
 */
public final class TestProxy implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TestProxy.class);
    private static final int MAX_HEAD = 1 << 16;

    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> plain = new ConcurrentHashMap<>();
    private final Map<String, Integer> tunnels = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile String wanted = "";

    public TestProxy() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    /** As the environment names it. */
    public String address() {
        return "http://" + host();
    }

    public String host() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** Requests for {@code http://HOST[:PORT]/} go to that server on this machine. */
    public void leads(String authority, String server) {
        plain.put(authority, port(server));
    }

    /** Tunnels to {@code HOST:PORT} end at that server on this machine. */
    public void tunnels(String authority, String server) {
        tunnels.put(authority, port(server));
    }

    /** Whoever does not say this is sent away. */
    public void wantsPassword(String userAndPassword) {
        wanted = "Basic " + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.US_ASCII));
    }

    /** Methods and what they ask for, such as {@code GET http://...} and {@code CONNECT host:443}. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    private static int port(String host) {
        return Integer.parseInt(host.substring(host.lastIndexOf(':') + 1));
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                open.add(client);
                threads.execute(() -> serve(client));
            } catch (IOException e) {
                LOG.debug("No further connection", e); // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = new BufferedInputStream(client.getInputStream());
            List<String> head = head(in);
            if (head.isEmpty()) {
                return;
            }
            String[] line = head.get(0).split(" ", 3);
            requests.add(line[0] + " " + line[1]);
            boolean tunnel = line[0].equals("CONNECT");
            Optional<String> said = header(head, "proxy-authorization");
            Integer port = tunnel
                    ? tunnels.get(line[1])
                    : plain.get(URI.create(line[1]).getRawAuthority());
            if (!wanted.isEmpty() && !said.equals(Optional.of(wanted))) {
                answer(client, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"tests\"\r\n");
            } else if (port == null) {
                answer(client, "502 Bad Gateway", "");
            } else {
                pass(client, in, port, tunnel ? "" : withoutProxy(line, head));
            }
        } catch (IOException e) {
            LOG.debug("A connection ended", e);
        } finally {
            open.remove(client);
        }
    }

    private void pass(Socket client, InputStream in, int port, String head) throws IOException {
        try (Socket upstream = new Socket(InetAddress.getLoopbackAddress(), port)) {
            open.add(upstream);
            if (head.isEmpty()) {
                client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } else {
                upstream.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
            }
            threads.execute(() -> {
                try {
                    pump(in, upstream.getOutputStream());
                    upstream.shutdownOutput();
                } catch (IOException e) {
                    LOG.debug("A client ended", e);
                }
            });
            pump(upstream.getInputStream(), client.getOutputStream());
            open.remove(upstream);
        }
    }

    private static void pump(InputStream from, OutputStream to) throws IOException {
        byte[] bytes = new byte[1 << 14];
        for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
            to.write(bytes, 0, n);
            to.flush();
        }
    }

    /** The head as the server behind is to get it; it closes the connection behind its answer. */
    private static String withoutProxy(String[] line, List<String> head) {
        URI uri = URI.create(line[1]);
        StringBuilder passed = new StringBuilder(line[0] + " " + uri.getRawPath());
        passed.append(uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()).append(" HTTP/1.1\r\n");
        for (String header : head.subList(1, head.size())) {
            if (!header.toLowerCase(Locale.ROOT).matches("(?:proxy-.*|connection|http2-settings|upgrade):.*")) {
                passed.append(header).append("\r\n");
            }
        }
        return passed.append("Connection: close\r\n\r\n").toString();
    }

    private static Optional<String> header(List<String> head, String name) {
        return head.stream()
                .filter(h -> h.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(h -> h.substring(name.length() + 1).strip())
                .findFirst();
    }

    private static void answer(Socket client, String status, String header) throws IOException {
        client.getOutputStream()
                .write(("HTTP/1.1 " + status + "\r\n" + header + "Content-Length: 0\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
    }

    /** The lines in front of the empty one; none if the connection ends. */
    private static List<String> head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && head.size() < MAX_HEAD; b = in.read()) {
            head.write(b);
            String text = head.toString(StandardCharsets.ISO_8859_1);
            if (text.endsWith("\r\n\r\n")) {
                return Arrays.asList(text.strip().split("\r\n", -1));
            }
        }
        return List.of();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
        threads.shutdownNow();
    }
}
