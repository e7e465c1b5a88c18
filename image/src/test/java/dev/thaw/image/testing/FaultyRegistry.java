// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/** Stands in front of a real registry, passes requests on and answers back, and goes wrong where a test wants it to. */
public final class FaultyRegistry implements AutoCloseable {
    private static final Set<String> NOT_PASSED_ON =
            new TreeSet<>(List.of("connection", "content-length", "date", "host", "transfer-encoding"));

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final String upstream;

    /** A request as it came. */
    public record Request(String method, String path, Map<String, List<String>> headers) {
        /** Such as {@code GET /v2/...}. */
        public String line() {
            return method + " " + path;
        }

        public Optional<String> header(String name) {
            return headers.entrySet().stream()
                    .filter(h -> h.getKey().equalsIgnoreCase(name))
                    .map(h -> h.getValue().get(0))
                    .findFirst();
        }

        Request without(String header) {
            Map<String, List<String>> others = new HashMap<>(headers);
            others.keySet().removeIf(name -> name.equalsIgnoreCase(header));
            return new Request(method, path, others);
        }
    }

    /** What the registry behind would answer. */
    private static final class Answer {
        private final int status;
        private final Map<String, List<String>> headers;
        private final byte[] body;

        Answer(int status, Map<String, List<String>> headers, byte[] body) {
            this.status = status;
            this.headers = headers;
            this.body = body;
        }
    }

    /** What goes wrong with some requests. */
    @FunctionalInterface
    public interface Fault {
        /** True if it has answered; else the next fault is asked, and at last the registry. */
        boolean answers(Request request, HttpExchange exchange) throws IOException;
    }

    /** In front of the registry at that host and port. */
    public FaultyRegistry(String upstream) throws IOException {
        this(upstream, HttpServer.create(ANY_PORT, 0));
    }

    /** One that speaks TLS with that certificate; the registry behind does not. */
    public static FaultyRegistry withTls(String upstream, TestCertificate certificate) throws IOException {
        HttpsServer server = HttpsServer.create(ANY_PORT, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.serverContext()));
        return new FaultyRegistry(upstream, server);
    }

    private FaultyRegistry(String upstream, HttpServer server) {
        this.upstream = upstream;
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** What names begin with. */
    public String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** All requests so far, in their order. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Those whose method and path match. */
    public List<Request> requests(String regex) {
        return requests.stream().filter(r -> r.line().matches(regex)).toList();
    }

    /** A fault for requests whose method and path match, each time. */
    public void always(String regex, Fault fault) {
        faults.add((request, exchange) -> request.line().matches(regex) && fault.answers(request, exchange));
    }

    /** A fault for the first so many requests whose method and path match. */
    public void first(int times, String regex, Fault fault) {
        int[] left = {times};
        faults.add((request, exchange) -> {
            synchronized (left) {
                if (left[0] == 0 || !request.line().matches(regex)) {
                    return false;
                }
                left[0]--;
            }
            return fault.answers(request, exchange);
        });
    }

    /** Answers with a status and nothing else but these headers. */
    public static Fault status(int status, String... headers) {
        return (request, exchange) -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
            return true;
        };
    }

    /** Sends the real answer's head and so many bytes of its body, and breaks off. */
    public Fault cutOffAfter(int bytes) {
        return (request, exchange) -> {
            Answer answer = ask(request);
            passHeaders(answer, exchange);
            exchange.sendResponseHeaders(answer.status, answer.body.length);
            exchange.getResponseBody().write(answer.body, 0, bytes);
            exchange.getResponseBody().flush();
            exchange.close();
            return true;
        };
    }

    /** The same, but in chunks, so that the head does not say how much there is; the chunk that ends them never comes. */
    public Fault chunkedAndCutOffAfter(int bytes) {
        return (request, exchange) -> {
            Answer answer = ask(request);
            passHeaders(answer, exchange);
            exchange.sendResponseHeaders(answer.status, 0);
            exchange.getResponseBody().write(answer.body, 0, bytes);
            exchange.getResponseBody().flush();
            throw new IOException("breaks off, as a test wants it"); // the server closes the connection
        };
    }

    /** Sends another body with the real answer's head. */
    public Fault body(UnaryOperator<byte[]> bend) {
        return (request, exchange) -> {
            Answer answer = ask(request);
            passHeaders(answer, exchange);
            byte[] bent = bend.apply(answer.body);
            exchange.sendResponseHeaders(answer.status, bent.length);
            exchange.getResponseBody().write(bent);
            return true;
        };
    }

    /** Answers with that body, whatever there is. */
    public static Fault answer(String contentType, byte[] body) {
        return (request, exchange) -> {
            exchange.getResponseHeaders().set("Content-Type", contentType);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            return true;
        };
    }

    /** Sends the real answer as if it were of another type. */
    public Fault contentType(String type) {
        return (request, exchange) -> answer(type, ask(request).body).answers(request, exchange);
    }

    /** As if a header had not been sent: as if it did not know Range, say. */
    public Fault without(String header) {
        return (request, exchange) -> {
            pass(ask(request.without(header)), exchange);
            return true;
        };
    }

    /** What a part of a blob says that it is: its Content-Range, without a unit. */
    @FunctionalInterface
    public interface PartName {
        String of(int from, int size);
    }

    /** Sends what is behind the first byte that is asked for, or so many bytes before that, under another name. */
    public Fault part(int earlier, PartName name) {
        return (request, exchange) -> {
            int asked = Integer.parseInt(request.header("Range").orElseThrow().replaceAll("\\D", ""));
            byte[] whole = ask(request.without("Range")).body;
            byte[] part = Arrays.copyOfRange(whole, asked - earlier, whole.length);
            exchange.getResponseHeaders().set("Content-Range", "bytes " + name.of(asked, whole.length));
            exchange.sendResponseHeaders(206, part.length);
            exchange.getResponseBody().write(part);
            return true;
        };
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Request request = new Request(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    Map.copyOf(exchange.getRequestHeaders()));
            requests.add(request);
            for (Fault fault : faults) {
                if (fault.answers(request, exchange)) {
                    return;
                }
            }
            pass(ask(request), exchange);
        }
    }

    private Answer ask(Request request) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://" + upstream + request.path()).toURL().openConnection();
        connection.setRequestMethod(request.method());
        connection.setInstanceFollowRedirects(false);
        request.headers().forEach((name, values) -> {
            if (!NOT_PASSED_ON.contains(name.toLowerCase(Locale.ROOT))) {
                connection.setRequestProperty(name, values.get(0));
            }
        });
        int status = connection.getResponseCode();
        try (InputStream body = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            return new Answer(status, connection.getHeaderFields(), body == null ? new byte[0] : body.readAllBytes());
        }
    }

    private static void pass(Answer answer, HttpExchange exchange) throws IOException {
        passHeaders(answer, exchange);
        exchange.sendResponseHeaders(answer.status, answer.body.length == 0 ? -1 : answer.body.length);
        if (answer.body.length > 0) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer.body);
            }
        }
    }

    private static void passHeaders(Answer answer, HttpExchange exchange) {
        answer.headers.forEach((name, values) -> {
            if (name != null && !NOT_PASSED_ON.contains(name.toLowerCase(Locale.ROOT))) {
                exchange.getResponseHeaders().put(name, values);
            }
        });
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
