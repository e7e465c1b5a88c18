// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.testing.FaultyRegistry.status;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.TestCertificate;
import dev.thaw.image.testing.TestProxy;
import dev.thaw.image.testing.TokenServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Where a registry may lead us, and what is not taken there. */
class RegistryRedirectsTest extends InFrontOfRegistry {
    private static final String NAME = "registry.example", ADDRESS = NAME + ":443";

    private static TestCertificate authority;
    private static TestCertificate certificate;

    @BeforeAll
    static void makeCertificates() throws IOException {
        authority = TestCertificate.authority(folder);
        certificate = TestCertificate.of(NAME, folder, authority);
    }

    @Test
    void a_redirect_to_another_host_takes_no_credentials_along() throws IOException {
        // GIVEN blobs that are elsewhere
        try (FaultyRegistry storage = new FaultyRegistry(registry.host())) {
            faulty.always(BLOBS, leadTo("http://" + storage.host()));
            faulty.first(1, MANIFESTS, status(401, "WWW-Authenticate", "Basic realm=\"x\""));
            logIn(faulty.host());
            // WHEN
            Disk disk = pull();
            // THEN
            then(disk.file()).exists();
            then(faulty.requests(BLOBS))
                    .isNotEmpty()
                    .allMatch(r -> r.header("Authorization").isPresent());
            then(storage.requests(BLOBS))
                    .isNotEmpty()
                    .allMatch(r -> r.header("Authorization").isEmpty());
        }
    }

    @Test
    void a_server_that_a_registry_leads_to_gets_no_credentials_whatever_it_asks_for() throws IOException {
        try (FaultyRegistry storage = new FaultyRegistry(registry.host());
                TokenServer tokens = new TokenServer(authority)) {
            // GIVEN storage that asks for a login, and a user who has one for it
            faulty.always(BLOBS, leadTo("http://" + storage.host()));
            storage.always(
                    BLOBS,
                    status(
                            401,
                            "WWW-Authenticate",
                            "Bearer realm=\"" + tokens.address() + "\",service=\"tests\"",
                            "WWW-Authenticate",
                            "Basic realm=\"x\""));
            faulty.first(1, MANIFESTS, status(401, "WWW-Authenticate", "Basic realm=\"x\""));
            logIn(faulty.host(), storage.host());
            // WHEN, THEN
            thenPull().hasMessageContaining(" does not let us read image (status 401)");
            then(storage.requests(BLOBS))
                    .isNotEmpty()
                    .allMatch(r -> r.header("Authorization").isEmpty());
            then(tokens.requests()).isEmpty();
        }
    }

    @Test
    void the_same_host_and_port_over_tls_is_another_server() throws IOException {
        try (TestProxy proxy = new TestProxy();
                FaultyRegistry secure = FaultyRegistry.withTls(registry.host(), certificate)) {
            // GIVEN a registry with a login, that is spoken to in plain HTTP and leads to TLS
            proxy.leads(ADDRESS, faulty.host());
            proxy.tunnels(ADDRESS, secure.host());
            faulty.first(1, MANIFESTS, status(401, "WWW-Authenticate", "Basic realm=\"x\""));
            faulty.always(BLOBS, leadTo("https://" + ADDRESS));
            logIn(
                    proxy,
                    List.of(ADDRESS),
                    "thaw.registry.mirror",
                    NAME + "=http://" + ADDRESS,
                    "thaw.registry.insecure",
                    ADDRESS,
                    "thaw.registry.ca",
                    authority.file().toString());
            // WHEN
            Disk disk = fixture.store().disk(fixture.resolve(NAME + "/image"));
            // THEN
            then(disk.file()).exists();
            then(faulty.requests(BLOBS))
                    .isNotEmpty()
                    .allMatch(r -> r.header("Authorization").isPresent());
            then(secure.requests(BLOBS))
                    .isNotEmpty()
                    .allMatch(r -> r.header("Authorization").isEmpty());
        }
    }

    @Test
    void a_redirect_from_tls_to_plain_http_is_not_followed_even_on_the_same_host_and_port() throws IOException {
        try (TestProxy proxy = new TestProxy();
                FaultyRegistry secure = FaultyRegistry.withTls(registry.host(), certificate)) {
            proxy.leads(ADDRESS, faulty.host());
            proxy.tunnels(ADDRESS, secure.host());
            secure.always(MANIFESTS, leadTo("http://" + ADDRESS));
            logIn(
                    proxy,
                    List.of(ADDRESS),
                    "thaw.registry.insecure",
                    ADDRESS,
                    "thaw.registry.ca",
                    authority.file().toString());
            thenSays(
                    ADDRESS + "/image",
                    "registry " + ADDRESS + " is spoken to over TLS and leads to http://" + ADDRESS
                            + ", which is not https; that is never followed");
            then(faulty.requests()).isEmpty();
        }
    }

    @Test
    void redirects_without_end_are_not_followed() throws IOException {
        faulty.always(
                MANIFESTS,
                (request, exchange) -> status(307, "Location", request.path()).answers(request, exchange));
        thenPullSays("registry " + faulty.host()
                + " redirects more than 5 times, the last time to /v2/image/manifests/latest");
    }

    @Test
    void a_redirect_to_plain_http_elsewhere_is_not_followed() throws IOException {
        faulty.always(MANIFESTS, status(307, "Location", "http://storage.example/x"));
        thenPullSays("registry " + faulty.host() + ": a request would go to http://storage.example, which is not"
                + " https. If that is wanted, put storage.example into thaw.registry.insecure");
    }

    @Test
    void a_redirect_to_no_address_is_not_followed() throws IOException {
        for (String location :
                List.of("http:foo", "mailto:a@b", "https://user:topsecret@storage.example/x", "http://[")) {
            faulty.first(2, MANIFESTS, status(307, "Location", location));
            thenPull()
                    .hasMessageStartingWith("image " + faulty.host() + "/image:latest: registry " + faulty.host())
                    .satisfies(e -> then(e.getMessage()).doesNotContain("topsecret"));
        }
    }

    private static FaultyRegistry.Fault leadTo(String server) {
        return (request, exchange) ->
                status(307, "Location", server + request.path()).answers(request, exchange);
    }

    /** The user has logged in to these. */
    private void logIn(String... hosts) throws IOException {
        fixture.pullWith(Map.of("DOCKER_CONFIG", logins(List.of(hosts)).toString()));
    }

    private void logIn(TestProxy proxy, List<String> hosts, String... settings) throws IOException {
        String address = proxy.address();
        fixture.pullWith(
                Map.of("DOCKER_CONFIG", logins(hosts).toString(), "HTTPS_PROXY", address, "HTTP_PROXY", address),
                settings);
    }

    private Path logins(List<String> hosts) throws IOException {
        Path docker = Files.createDirectories(fixture.temp().resolve("docker"));
        String auths = hosts.stream()
                .map(host -> "\"" + host + "\":{\"username\":\"tester\",\"password\":\"secret\"}")
                .collect(Collectors.joining(","));
        Files.writeString(docker.resolve("config.json"), "{\"auths\":{" + auths + "}}");
        return docker;
    }
}
