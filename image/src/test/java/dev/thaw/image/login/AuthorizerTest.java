// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.login;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.HttpClients;
import dev.thaw.image.http.HttpTransport;
import dev.thaw.image.http.Proxies;
import dev.thaw.image.http.RegistryException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several threads that all need the same login. */
class AuthorizerTest {
    private static final URI REGISTRY = URI.create("http://127.0.0.1:1");
    private static final String HOST = "registry.example";
    private static final List<Challenge> BASIC = List.of(new Challenge("basic", Map.of()));

    @TempDir
    private Path temp;

    private final List<Asker> askers = new ArrayList<>();
    private final ExecutorService http = Executors.newCachedThreadPool();
    private HttpClients clients;
    private HttpTransport transport;
    private DockerConfig config;

    /** A helper that notes each call and answers when it may. */
    @BeforeEach
    void makeHelper() throws IOException {
        Path helper = Files.writeString(temp.resolve("docker-credential-slow"), """
                #!/bin/sh
                echo call >> %1$s/calls
                until [ -e %1$s/go ]; do sleep 0.05; done
                echo '{"Username":"tester","Secret":"secret"}'
                """.formatted(temp));
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwx------"));
        Path file = Files.writeString(
                temp.resolve("config.json"),
                "{\"credHelpers\":{\"" + HOST + "\":\"slow\"},\"auths\":{\"other.example\":{\"username\":\"a\"}}}");
        config = new DockerConfig(file, Map.of("PATH", temp + ":" + System.getenv("PATH")));
        clients = new HttpClients(List::of, new Proxies(Map.of()), http);
        transport = new HttpTransport(clients, host -> true, Duration.ofSeconds(20));
    }

    @AfterEach
    void end() throws Exception {
        askers.forEach(asker -> asker.thread.interrupt());
        for (Asker asker : askers) {
            asker.thread.join(20_000);
            then(asker.thread.isAlive()).isFalse();
        }
        clients.close();
        http.shutdownNow();
    }

    @Test
    void one_request_serves_all_that_wait() throws Exception {
        // GIVEN
        Authorizer authorizer = authorizer(HOST);
        for (int i = 0; i < 4; i++) {
            ask(authorizer, BASIC);
        }
        awaitCallsAndWaiting(1, 4);
        // WHEN
        go();
        // THEN
        for (Asker asker : askers) {
            then(asker.get()).isTrue();
        }
        then(calls()).isEqualTo(1);
        then(authorizer.header()).startsWith("Basic ");
    }

    @Test
    void who_waits_can_be_interrupted_and_cancelled_without_the_others_noticing() throws Exception {
        // GIVEN
        Authorizer authorizer = authorizer(HOST);
        Asker first = ask(authorizer, BASIC);
        awaitCallsAndWaiting(1, 1);
        Asker interrupted = ask(authorizer, BASIC);
        Asker cancelled = ask(authorizer, BASIC);
        Asker patient = ask(authorizer, BASIC);
        awaitCallsAndWaiting(1, 4);
        // WHEN
        interrupted.thread.interrupt();
        cancelled.cancellation.cancel();
        // THEN
        thenThrownBy(interrupted::get).hasCauseInstanceOf(InterruptedException.class);
        thenThrownBy(cancelled::get).hasCauseInstanceOf(InterruptedException.class);
        go();
        then(first.get()).isTrue();
        then(patient.get()).isTrue();
        then(calls()).isEqualTo(1);
    }

    @Test
    void if_the_one_that_asks_is_cancelled_or_interrupted_the_next_one_asks() throws Exception {
        // GIVEN
        Authorizer authorizer = authorizer(HOST);
        Asker first = ask(authorizer, BASIC);
        awaitCallsAndWaiting(1, 1);
        Asker second = ask(authorizer, BASIC);
        awaitCallsAndWaiting(1, 2);
        // WHEN
        first.cancellation.cancel();
        // THEN
        thenThrownBy(first::get).hasCauseInstanceOf(InterruptedException.class);
        awaitCallsAndWaiting(2, 1);
        // WHEN
        Asker third = ask(authorizer, BASIC);
        awaitCallsAndWaiting(2, 2);
        second.thread.interrupt();
        // THEN
        thenThrownBy(second::get).hasCauseInstanceOf(InterruptedException.class);
        awaitCallsAndWaiting(3, 1);
        go();
        then(third.get()).isTrue();
    }

    @Test
    void a_refusal_is_told_to_all_that_wait() throws Exception {
        // GIVEN
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(http);
        server.createContext("/", exchange -> {
            Files.writeString(temp.resolve("calls"), "call\n");
            Awaitility.await("the other one waits")
                    .atMost(20, TimeUnit.SECONDS)
                    .until(() -> Files.exists(temp.resolve("go")));
            exchange.sendResponseHeaders(403, -1);
            exchange.close();
        });
        server.start();
        try {
            String realm = "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
            List<Challenge> bearer = List.of(new Challenge("bearer", Map.of("realm", realm)));
            Authorizer authorizer = authorizer("nobody.example");
            ask(authorizer, bearer);
            ask(authorizer, bearer);
            awaitCallsAndWaiting(1, 2);
            // WHEN
            go();
            // THEN
            for (Asker asker : askers) {
                thenThrownBy(asker::get)
                        .hasCauseInstanceOf(RegistryException.class)
                        .hasMessageContaining("refuses a token for repository:image:pull (status 403)");
            }
            then(calls()).isEqualTo(1);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void a_slow_helper_holds_up_nobody_else() throws Exception {
        // GIVEN
        ask(authorizer(HOST), BASIC);
        awaitCallsAndWaiting(1, 1);
        // WHEN
        Authorizer other = authorizer("other.example");
        // THEN
        then(ask(other, BASIC).get()).isTrue();
        then(other.header()).startsWith("Basic ");
    }

    private Authorizer authorizer(String host) {
        return new Authorizer(transport, config, host, "image");
    }

    private Asker ask(Authorizer authorizer, List<Challenge> challenges) {
        Asker asker = new Asker(authorizer, challenges);
        askers.add(asker);
        asker.thread.start();
        return asker;
    }

    private void go() throws IOException {
        Files.createFile(temp.resolve("go"));
    }

    private long calls() throws IOException {
        try {
            return Files.readAllLines(temp.resolve("calls")).size();
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Until the helper or server has been asked so often, and so many threads wait, one of them for it. */
    private void awaitCallsAndWaiting(int calls, int waiting) {
        Awaitility.await(calls + " calls and " + waiting + " waiting threads")
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> calls() == calls
                        && askers.stream()
                                        .filter(a -> a.thread.getState() == Thread.State.TIMED_WAITING)
                                        .count()
                                == waiting);
    }

    /** A thread that was refused and wants something else to send. */
    private static final class Asker {
        private final Cancellation cancellation = new Cancellation();
        private final FutureTask<Boolean> task;
        private final Thread thread;

        Asker(Authorizer authorizer, List<Challenge> challenges) {
            task = new FutureTask<>(() -> authorizer.answer(REGISTRY, challenges, "", cancellation));
            thread = new Thread(task, "asker");
        }

        boolean get() throws Exception {
            try {
                return task.get(20, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw new ExecutionException(e.getCause().getMessage(), e.getCause());
            }
        }
    }
}
