// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.AMD64;
import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestCertificate;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestProxy;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Registries that are behind a proxy. Nobody but the proxy knows where {@code registry.example} is. */
class RegistryProxyTest extends WithRegistry {
    private static final String NAME = "registry.example", PLAIN = "thaw.registry.insecure";
    private static final String NOT_SENT = "Java does not send when TLS is spoken through a proxy. Run this JVM with"
            + " -Djdk.http.auth.tunneling.disabledSchemes= (with nothing behind it), or use a proxy that needs no"
            + " password";

    private static TestCertificate authority;
    private static TestCertificate certificate;

    private TestProxy proxy;
    private FaultyRegistry plain;
    private FaultyRegistry secure;

    @BeforeAll
    static void pushImage() throws IOException {
        authority = TestCertificate.authority(folder);
        certificate = TestCertificate.of(NAME, folder, authority);
        registry.push(TestLayout.of(folder.resolve("image"), Tar.gzip(LAYER, 1)), "image");
    }

    @BeforeEach
    void standBetween() throws IOException {
        plain = new FaultyRegistry(registry.host());
        secure = FaultyRegistry.withTls(registry.host(), certificate);
        proxy = new TestProxy();
        proxy.leads(NAME, plain.host());
        proxy.tunnels(NAME + ":443", secure.host());
    }

    @AfterEach
    void stepAside() throws IOException {
        proxy.close();
        plain.close();
        secure.close();
    }

    @Test
    void plain_http_goes_through_the_proxy() {
        fixture.pullWith(by(proxy.address()), PLAIN, NAME);
        thenCanPull(NAME);
        then(proxy.requests())
                .contains("GET http://" + NAME + "/v2/image/manifests/latest")
                .anyMatch(r -> r.startsWith("GET http://" + NAME + "/v2/image/blobs/"));
    }

    @Test
    void tls_goes_through_a_tunnel_that_the_proxy_makes() {
        fixture.pullWith(Map.of("HTTPS_PROXY", proxy.address()), "thaw.registry.ca", ca());
        thenCanPull(NAME);
        then(proxy.requests()).isNotEmpty().containsOnly("CONNECT " + NAME + ":443");
        then(secure.requests("GET /v2/image/blobs/.*")).isNotEmpty();
    }

    @Test
    void no_proxy_passes_it_by() {
        // GIVEN this machine by an address that is not taken for it at sight
        String host = plain.host().replace("127.0.0.1", "0.0.0.0");
        proxy.leads(host, plain.host());
        // WHEN
        fixture.pullWith(Map.of("HTTPS_PROXY", proxy.address(), "HTTP_PROXY", proxy.address()), PLAIN, host);
        fixture.resolve(host + "/image");
        // THEN
        then(proxy.requests()).contains("CONNECT " + host, "HEAD http://" + host + "/v2/image/manifests/latest");
        // WHEN
        int before = proxy.requests().size();
        String exempt = "other.example,0.0.0.0/8";
        fixture.pullWith(
                Map.of("HTTPS_PROXY", proxy.address(), "HTTP_PROXY", proxy.address(), "NO_PROXY", exempt), PLAIN, host);
        thenCanPull(host);
        // THEN
        then(proxy.requests()).hasSize(before);
    }

    @Test
    void a_proxy_that_wants_a_password_gets_it() {
        proxy.wantsPassword("me:p@ss");
        fixture.pullWith(by(proxy.address().replace("//", "//me:p%40ss@")), PLAIN, NAME);
        thenCanPull(NAME);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void a_proxy_that_wants_a_password_and_gets_none_is_told(String scheme) {
        proxy.wantsPassword("me:p@ss");
        fixture.pullWith(by(proxy.address()), plainIf(scheme));
        thenPullSays("registry " + NAME + ": its proxy " + proxy.host() + " wants a user and a password (status 407)."
                + " Put them into the environment's proxy address, as http://USER:PASSWORD@" + proxy.host()
                + "; the JVM's, https.proxyHost, can have none");
    }

    @Test
    void a_wrong_password_is_told() {
        proxy.wantsPassword("me:p@ss");
        fixture.pullWith(by(proxy.address().replace("//", "//me:topsecret@")), PLAIN, NAME);
        thenPullSays("registry " + NAME + ": its proxy " + proxy.host() + " wants a user and a password other than"
                + " those in the environment's proxy address (status 407)");
    }

    @Test
    void a_password_that_java_does_not_send_through_a_tunnel_is_told() {
        proxy.wantsPassword("me:p@ss");
        fixture.pullWith(by(proxy.address().replace("//", "//me:p%40ss@")), "thaw.registry.ca", ca());
        thenPullSays(
                "registry " + NAME + ": its proxy " + proxy.host() + " wants a user and a password, which " + NOT_SENT);
    }

    @Test
    void a_password_goes_through_a_tunnel_if_the_jvm_allows_it_and_not_beyond() throws Exception {
        // GIVEN
        proxy.wantsPassword("me:p@ss");
        Path output = fixture.temp().resolve("jvm");
        ProcessBuilder jvm = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Djdk.http.auth.tunneling.disabledSchemes=",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Puller.class.getName(),
                        fixture.cache().toString(),
                        NAME + "/image",
                        ca())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        jvm.environment().putAll(by(proxy.address().replace("//", "//me:p%40ss@")));
        // WHEN
        then(jvm.start().waitFor(60, TimeUnit.SECONDS)).isTrue();
        // THEN
        then(Files.readString(output)).contains("DISK sha256:");
        then(secure.requests())
                .isNotEmpty()
                .allMatch(r -> r.header("Proxy-Authorization").isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"https", "socks5"})
    void a_proxy_that_is_not_spoken_to_in_plain_http_is_told(String scheme) {
        fixture.pullWith(by(proxy.address().replace("http:", scheme + ":")), "thaw.registry.ca", ca());
        thenPullSays(
                "registry " + NAME + ": the proxy that the environment's HTTPS_PROXY names is to be spoken to with "
                        + scheme + ", but only proxies that are spoken to in plain HTTP are supported. Name one like"
                        + " http://proxy.example:3128, or put the registry's host into NO_PROXY");
        then(proxy.requests()).isEmpty();
    }

    @Test
    void a_proxy_that_is_not_there_is_told() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        for (String gone : List.of("127.0.0.1:" + port, "proxy.invalid:3128")) {
            fixture.pullWith(by("http://" + gone));
            thenThrownBy(() -> fixture.resolve(NAME + "/image"))
                    .isInstanceOf(ImageException.class)
                    .hasMessageStartingWith("image " + NAME + "/image:latest: registry " + NAME + ": its proxy " + gone
                            + " can't be connected to: ")
                    .hasMessageEndingWith(". Check HTTPS_PROXY and HTTP_PROXY, or https.proxyHost and http.proxyHost"
                            + " if they are set; hosts that need no proxy go into NO_PROXY");
        }
    }

    @Test
    void a_proxy_that_finds_no_way_is_told() {
        fixture.pullWith(by(proxy.address()));
        thenThrownBy(() -> fixture.resolve("elsewhere.example/image"))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("registry elsewhere.example: ")
                .hasMessageContaining("502");
        then(proxy.requests()).contains("CONNECT elsewhere.example:443");
    }

    private static Map<String, String> by(String address) {
        return Map.of("HTTPS_PROXY", address, "HTTP_PROXY", address);
    }

    private static String ca() {
        return authority.file().toString();
    }

    /** Settings with which a registry is spoken to so. */
    private static String[] plainIf(String scheme) {
        List<String> settings = new ArrayList<>(List.of("thaw.registry.ca", ca()));
        if (scheme.equals("http")) {
            settings.addAll(List.of(PLAIN, NAME));
        }
        return settings.toArray(String[]::new);
    }

    private void thenCanPull(String host) {
        then(fixture.store().disk(fixture.resolve(host + "/image")).file()).exists();
    }

    private void thenPullSays(String message) {
        thenThrownBy(() -> fixture.resolve(NAME + "/image"))
                .isInstanceOf(ImageException.class)
                .hasMessage("image " + NAME + "/image:latest: " + message);
    }

    /** What another JVM runs: the cache's folder, the image's name and the authority's file are its arguments. */
    static final class Puller {
        private Puller() {}

        @SuppressWarnings("SystemOut") // its way to tell
        public static void main(String[] args) {
            RegistrySettings settings = RegistrySettings.load(
                    name -> name.equals("thaw.registry.ca") ? Optional.of(args[2]) : Optional.empty());
            try (ImageStore store = ImageStore.open(Path.of(args[0]), settings)) {
                Image image = store.resolve(ImageReference.parse(args[1]), AMD64);
                System.out.println("DISK " + store.disk(image).digest());
            }
        }
    }
}
