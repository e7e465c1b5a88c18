// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.FaultyRegistry.Request;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestCertificate;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestProxy;
import dev.thaw.image.testing.TestRegistry;
import dev.thaw.image.testing.TokenServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Token servers: who of them is asked, with what, and how often. */
class RegistryTokensTest {
    private static final String SERVER = "tokens.example", NAME = "registry.example";

    @TempDir
    static Path folder;

    private static TestCertificate authority;
    private static TokenServer tokens;
    private static TestRegistry registry;
    /** The image has four, so that one is asked for when another has come. */
    private static String anyLayer;

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    private FaultyRegistry faulty;
    private TestProxy proxy;

    @BeforeAll
    static void startRegistry() throws IOException {
        authority = TestCertificate.authority(folder);
        tokens = new TokenServer(authority);
        registry = TestRegistry.withTokens(folder.resolve("registry"), tokens.address(), authority);
        byte[][] layers = new byte[4][];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = Tar.gzip(Tar.of(Member.file("layer-" + i, "x")), 1);
        }
        anyLayer = Stream.of(layers)
                .map(layer -> Digest.sha256Of(layer).toString())
                .collect(Collectors.joining("|", "GET .*/blobs/(?:", ")"));
        TestLayout layout = TestLayout.of(folder.resolve("image"), layers);
        registry.push(layout, "image", "--dest-creds", "tester:secret");
    }

    @AfterAll
    static void stopRegistry() {
        registry.close();
        tokens.close();
    }

    @BeforeEach
    void standInFront() throws IOException {
        faulty = new FaultyRegistry(registry.host());
        proxy = new TestProxy();
        proxy.leads(SERVER, tokens.address().replaceAll("http://|/token", ""));
    }

    @AfterEach
    void stepAside() throws IOException {
        proxy.close();
        faulty.close();
    }

    @Test
    void one_token_serves_all_downloads_that_found_the_old_one_expired() throws IOException {
        // GIVEN a token that the registry takes no more, once three downloads have come with it
        logIn(faulty.host());
        Image image = fixture.resolve(faulty.host() + "/image");
        CountDownLatch three = new CountDownLatch(3);
        faulty.first(3, anyLayer, (request, exchange) -> {
            three.countDown();
            return refuseWhen(three).answers(request, exchange);
        });
        int before = tokens.requests().size();
        // WHEN
        fixture.store().pull(image);
        // THEN
        then(tokens.requests()).hasSize(before + 1);
        List<String> sent = faulty.requests(anyLayer).stream()
                .map(r -> r.header("Authorization").orElse(""))
                .toList();
        then(sent).hasSize(3 + 4);
        then(sent.subList(0, 3)).containsOnly(sent.get(0)).noneMatch(String::isEmpty);
        then(sent.subList(3, 7)).containsOnly(sent.get(3)).doesNotContain(sent.get(0), "");
    }

    @Test
    void a_download_whose_token_was_renewed_meanwhile_takes_the_new_one() throws IOException {
        // GIVEN two downloads with one token: of one the refusal comes when the other has the new token
        logIn(faulty.host());
        Image image = fixture.resolve(faulty.host() + "/image");
        String old = authorization(faulty.requests("GET .*/manifests/.*|GET .*/blobs/.*"))
                .get(0);
        CountDownLatch renewed = new CountDownLatch(1);
        faulty.always(anyLayer, (request, exchange) -> {
            if (!request.header("Authorization").orElse("").equals(old)) {
                renewed.countDown();
                return false;
            }
            boolean late =
                    !request.path().equals(faulty.requests(anyLayer).get(0).path());
            return refuseWhen(late ? renewed : new CountDownLatch(0)).answers(request, exchange);
        });
        int before = tokens.requests().size();
        // WHEN
        fixture.store().pull(image);
        // THEN
        then(renewed.getCount()).isZero();
        then(tokens.requests()).hasSize(before + 1);
        then(authorization(faulty.requests(anyLayer)).stream().distinct()).hasSize(2);
    }

    @Test
    void a_token_server_in_plain_http_gets_nothing_unless_that_is_allowed_for_it() throws IOException {
        // GIVEN
        faulty.always(
                ".*",
                (request, exchange) -> request.header("Authorization").isEmpty()
                        && challenge("http://" + SERVER + "/token").answers(request, exchange));
        // WHEN, THEN
        logIn(faulty.host());
        thenThrownBy(() -> fixture.resolve(faulty.host() + "/image"))
                .isInstanceOf(ImageException.class)
                .hasMessage("image " + faulty.host() + "/image:latest: registry " + SERVER + ": a request would go to"
                        + " http://" + SERVER + ", which is not https. If that is wanted, put " + SERVER
                        + " into thaw.registry.insecure");
        then(proxy.requests()).isEmpty();
        // WHEN
        logIn(faulty.host(), "thaw.registry.insecure", SERVER);
        fixture.resolve(faulty.host() + "/image");
        // THEN
        then(proxy.requests()).hasSize(1).allMatch(r -> r.startsWith("GET http://" + SERVER + "/token?"));
    }

    @Test
    void a_registry_over_tls_may_not_name_a_token_server_in_plain_http() throws IOException {
        TestCertificate certificate = TestCertificate.of(NAME, fixture.temp(), authority);
        try (FaultyRegistry secure = FaultyRegistry.withTls(registry.host(), certificate)) {
            proxy.tunnels(NAME + ":443", secure.host());
            secure.always(".*", challenge("http://" + SERVER + "/token"));
            // WHEN
            String ca = authority.file().toString();
            logIn(NAME, "thaw.registry.insecure", SERVER, "thaw.registry.ca", ca);
            // THEN
            thenThrownBy(() -> fixture.resolve(NAME + "/image"))
                    .isInstanceOf(ImageException.class)
                    .hasMessage("image " + NAME + "/image:latest: registry " + NAME + " names a token server that can't"
                            + " be used: 'http://" + SERVER + "/token'; it must be an https address");
            then(proxy.requests()).isNotEmpty().containsOnly("CONNECT " + NAME + ":443");
        }
    }

    private static FaultyRegistry.Fault challenge(String realm) {
        return FaultyRegistry.status(401, "WWW-Authenticate", "Bearer realm=\"" + realm + "\",service=\"tests\"");
    }

    private static List<String> authorization(List<Request> requests) {
        return requests.stream()
                .flatMap(r -> r.header("Authorization").stream())
                .toList();
    }

    /** Refuses the token then; what has not happened in less time than a pull here waits ends the pull. */
    private FaultyRegistry.Fault refuseWhen(CountDownLatch latch) {
        return (request, exchange) -> {
            try {
                boolean happened = latch.await(1500, TimeUnit.MILLISECONDS);
                FaultyRegistry.Fault refusal = faulty.without("Authorization");
                return (happened ? refusal : FaultyRegistry.status(404)).answers(request, exchange);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        };
    }

    private void logIn(String host, String... settings) throws IOException {
        Path docker = Files.createDirectories(fixture.temp().resolve("docker"));
        Files.writeString(
                docker.resolve("config.json"),
                "{\"auths\":{\"%s\":{\"username\":\"tester\",\"password\":\"secret\"}}}".formatted(host));
        String address = proxy.address();
        fixture.pullWith(
                Map.of("DOCKER_CONFIG", docker.toString(), "HTTPS_PROXY", address, "HTTP_PROXY", address), settings);
    }
}
