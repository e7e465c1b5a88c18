// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestCertificate;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestProxy;
import dev.thaw.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is Docker Hub's own: a registry of ours in its place, where a proxy says that its server is. */
class RegistryDockerHubTest {
    private static final String SERVER = "registry-1.docker.io";
    private static final String KEY = "https://index.docker.io/v1/";
    private static final String PAIR =
            Base64.getEncoder().encodeToString("tester:secret".getBytes(StandardCharsets.US_ASCII));

    @TempDir
    static Path folder;

    private static TestCertificate authority;
    private static TestRegistry hub;

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    private TestProxy proxy;

    @BeforeAll
    static void startRegistry() throws IOException {
        authority = TestCertificate.authority(folder);
        hub = TestRegistry.withTlsAndPassword(folder.resolve("hub"), TestCertificate.of(SERVER, folder, authority));
        hub.push(TestLayout.of(folder.resolve("image"), Tar.gzip(LAYER, 1)), "library/redis:7");
    }

    @AfterAll
    static void stopRegistry() {
        hub.close();
    }

    @BeforeEach
    void leadToIt() throws IOException {
        proxy = new TestProxy();
        proxy.tunnels(SERVER + ":443", hub.host());
    }

    @AfterEach
    void stopProxy() throws IOException {
        proxy.close();
    }

    @Test
    void its_login_is_under_the_key_that_docker_login_writes() throws IOException {
        logIn("{\"auths\":{\"%s\":{\"auth\":\"%s\"},\"docker.io\":{\"auth\":\"eDp5\"}}}".formatted(KEY, PAIR));
        thenCanPull();
        then(proxy.requests()).containsOnly("CONNECT " + SERVER + ":443");
    }

    @Test
    void its_login_is_under_its_name_if_a_person_wrote_it() throws IOException {
        for (String key : List.of("docker.io", "index.docker.io", SERVER, "https://index.docker.io/v2/")) {
            logIn("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(key, PAIR));
            thenCanPull();
        }
    }

    @Test
    void another_registry_s_login_is_not_its() throws IOException {
        logIn("{\"auths\":{\"hub.docker.example\":{\"auth\":\"%s\"}}}".formatted(PAIR));
        thenThrownBy(() -> fixture.resolve("redis:7"))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith(
                        "image redis:7: registry docker.io does not let us read library/redis (status" + " 401")
                .hasMessageContaining("config.json has no login for docker.io.");
    }

    @Test
    void a_store_of_credentials_is_asked_for_that_key() throws IOException {
        helper("store");
        logIn("{\"credsStore\":\"store\"}");
        thenCanPull();
    }

    @Test
    void its_own_helper_is_asked_for_that_key() throws IOException {
        helper("own");
        for (String key : List.of(KEY, "docker.io")) {
            logIn("{\"credHelpers\":{\"%s\":\"own\"}}".formatted(key));
            thenCanPull();
        }
    }

    @Test
    void its_certificates_are_in_the_folder_of_its_name() throws IOException {
        // GIVEN
        Path certificates = Files.createDirectories(fixture.certificates().resolve(SERVER));
        Files.copy(authority.file(), certificates.resolve("ca.crt"));
        logIn("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(KEY, PAIR), "thaw.pull", "always");
        thenThrownBy(() -> fixture.resolve("redis:7"))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("registry docker.io: no connection over TLS: ");
        // WHEN
        Files.move(certificates, certificates.resolveSibling("docker.io"));
        logIn("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(KEY, PAIR), "thaw.pull", "always");
        // THEN
        thenCanPull();
    }

    private void logIn(String config) throws IOException {
        // Each time anew, as a tag that is known and a blob that is there need no login.
        logIn(config, "thaw.registry.ca", authority.file().toString(), "thaw.pull", "always");
    }

    private void logIn(String config, String... settings) throws IOException {
        Path docker = Files.createDirectories(fixture.temp().resolve("docker"));
        Files.writeString(docker.resolve("config.json"), config);
        String path = fixture.temp() + ":" + System.getenv("PATH");
        fixture.pullWith(
                Map.of("DOCKER_CONFIG", docker.toString(), "PATH", path, "HTTPS_PROXY", proxy.address()), settings);
    }

    /** One that knows of nothing but Docker Hub. */
    private void helper(String name) throws IOException {
        Path file = fixture.temp().resolve("docker-credential-" + name);
        Files.writeString(file, """
                #!/bin/sh
                read server
                [ "$1 $server" = "get %s" ] || { echo "asked for $server"; exit 1; }
                echo '{"Username":"tester","Secret":"secret"}'
                """.formatted(KEY));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    private void thenCanPull() {
        then(fixture.store().disk(fixture.resolve("redis:7")).file()).exists();
    }
}
