// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestCertificate;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestRegistry;
import dev.thaw.image.testing.TokenServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Real registries that want to know who asks. */
class RegistryCredentialsTest {
    private static final String PAIR =
            Base64.getEncoder().encodeToString("tester:secret".getBytes(StandardCharsets.US_ASCII));

    @TempDir
    static Path folder;

    private static TestCertificate authority;
    private static TestRegistry withPassword;
    private static TestRegistry withTokens;
    private static TokenServer tokens;

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @BeforeAll
    static void startRegistries() throws IOException {
        TestLayout layout = TestLayout.of(folder.resolve("image"), Tar.gzip(LAYER, 1));
        authority = TestCertificate.authority(folder);
        withPassword = TestRegistry.withPassword(folder.resolve("password"));
        withPassword.push(layout, "image");
        tokens = new TokenServer(authority);
        withTokens = TestRegistry.withTokens(folder.resolve("tokens"), tokens.address(), authority);
        withTokens.push(layout, "image", "--dest-creds", "tester:secret");
    }

    @AfterAll
    static void stopRegistries() {
        withPassword.close();
        withTokens.close();
        tokens.close();
    }

    @Test
    void name_and_password_of_docker_login_are_sent() throws IOException {
        logIn("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(withPassword.host(), PAIR));
        thenCanPull(withPassword.host());
    }

    @Test
    void the_entry_of_an_old_login_is_an_address() throws IOException {
        logIn("{\"auths\":{\"http://%s/v2/\":{\"auth\":\"%s\"}}}".formatted(withPassword.host(), PAIR));
        thenCanPull(withPassword.host());
    }

    @Test
    void a_variable_holds_the_configuration_in_ci_systems() throws IOException {
        String config = "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(withPassword.host(), PAIR);
        fixture.pullWith(RegistrySettings.defaults(), Map.of("DOCKER_AUTH_CONFIG", config), event -> {});
        thenCanPull(withPassword.host());
    }

    @Test
    void a_host_s_own_helper_is_asked() throws IOException {
        helper("own", """
                read server
                [ "$1" = get ] && [ "$server" = "%s" ] || exit 1
                echo '{"ServerURL":"x","Username":"tester","Secret":"secret"}'
                """.formatted(withPassword.host()));
        logIn("{\"credHelpers\":{\"%s\":\"own\"},\"credsStore\":\"missing\"}".formatted(withPassword.host()));
        thenCanPull(withPassword.host());
    }

    @Test
    void the_store_for_all_hosts_is_asked_and_then_the_file() throws IOException {
        helper("store", "read server; echo 'credentials not found in native keychain'; exit 1");
        logIn("{\"credsStore\":\"store\",\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(withPassword.host(), PAIR));
        thenCanPull(withPassword.host());
    }

    @Test
    void a_helper_that_fails_says_why() throws IOException {
        helper("broken", "echo 'the keyring is locked'; exit 3");
        logIn("{\"credsStore\":\"broken\"}");
        thenPullSays(
                withPassword.host(),
                "registry " + withPassword.host()
                        + " does not let us read image (status 401, UNAUTHORIZED: authentication"
                        + " required). " + fixture.temp().resolve("docker/config.json") + " has no login for "
                        + withPassword.host() + ", as the credential helper docker-credential-broken, asked for "
                        + withPassword.host() + ": it ended with status 3 and said: the keyring is locked. Check the"
                        + " image's name; if it is right, log in with 'docker login " + withPassword.host()
                        + "', or ask its owner for the right to pull");
    }

    @Test
    void a_helper_that_is_not_installed_is_named() throws IOException {
        logIn("{\"credsStore\":\"nowhere\"}");
        thenThrownBy(() -> fixture.resolve(withPassword.host() + "/image"))
                .hasMessageContaining(
                        "Docker's configuration keeps credentials with the helper 'nowhere', whose program"
                                + " docker-credential-nowhere is not in PATH. Install it, or take it out of the"
                                + " configuration");
    }

    @Test
    void an_image_that_needs_no_login_needs_no_sound_configuration() throws IOException {
        try (TestRegistry open = TestRegistry.open(fixture.temp().resolve("open"))) {
            open.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "image");
            try (FaultyRegistry asksFirst = new FaultyRegistry(open.host())) {
                // As Docker Hub does: whoever has no token is told where to get one.
                asksFirst.always(
                        "(GET|HEAD) .*",
                        (request, exchange) -> request.header("Authorization").isEmpty()
                                && FaultyRegistry.status(
                                                401,
                                                "WWW-Authenticate",
                                                "Bearer realm=\"" + tokens.address() + "\",service=\"tests\"")
                                        .answers(request, exchange));
                tokens.letEverybodyIn(true);
                for (String config : List.of("{\"credsStore\":\"nowhere\"}", "", "not json", "[]")) {
                    logIn(config);
                    thenCanPull(asksFirst.host());
                }
            } finally {
                tokens.letEverybodyIn(false);
            }
        }
    }

    @Test
    void what_a_helper_says_on_the_side_is_not_its_answer() throws IOException {
        helper(
                "chatty",
                "echo 'warning: a new version is out' >&2; echo '{\"Username\":\"tester\",\"Secret\":\"secret\"}'");
        logIn("{\"credsStore\":\"chatty\"}");
        thenCanPull(withPassword.host());
    }

    @Test
    void a_registry_token_that_no_header_can_hold_is_not_shown() throws IOException {
        logIn("{\"auths\":{\"%s\":{\"registrytoken\":\"topsecret\\n\"}}}".formatted(withTokens.host()));
        thenThrownBy(() -> fixture.resolve(withTokens.host() + "/image"))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("there is no token that can be sent in a header")
                .satisfies(e -> then(stackTrace(e)).doesNotContain("topsecret"));
    }

    @Test
    void a_helper_that_talks_nonsense_does_not_show_its_secret() throws IOException {
        helper("odd", "echo 'tester:secret-of-mine'");
        logIn("{\"credsStore\":\"odd\"}");
        thenThrownBy(() -> fixture.resolve(withPassword.host() + "/image"))
                .hasMessageContaining("its answer is not the JSON that it should be")
                .hasStackTraceContaining("RegistryException")
                .satisfies(e -> then(stackTrace(e)).doesNotContain("secret-of-mine"));
    }

    @Test
    void a_configuration_that_is_not_json_does_not_show_its_secret() throws IOException {
        logIn("{\"auths\":{\"x\":{\"auth\":\"" + PAIR + "\"");
        thenThrownBy(() -> fixture.resolve(withPassword.host() + "/image"))
                .hasMessageContaining(
                        "config.json is not valid JSON, so there are no credentials. Correct it, or log in"
                                + " again with 'docker login'")
                .satisfies(e -> then(stackTrace(e)).doesNotContain(PAIR));
    }

    @Test
    void wrong_credentials_are_told_apart_from_none() throws IOException {
        String host = withPassword.host();
        logIn("{\"auths\":{\"%s\":{\"username\":\"tester\",\"password\":\"wrong\"}}}".formatted(host));
        thenPullSays(
                host,
                "registry " + host + " does not let us read image (status 401, UNAUTHORIZED: authentication required)."
                        + " The login for " + host + " in Docker's configuration may not be enough. Check the image's"
                        + " name; if it is right, log in with 'docker login " + host
                        + "', or ask its owner for the right to pull");
    }

    @Test
    void a_token_is_got_with_name_and_password() throws IOException {
        logIn("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(withTokens.host(), PAIR));
        int before = tokens.requests().size();
        thenCanPull(withTokens.host());
        then(tokens.requests().subList(before, tokens.requests().size())).containsExactly("GET repository:image:pull");
    }

    @Test
    void a_token_is_got_with_an_identity_token() throws IOException {
        logIn("{\"auths\":{\"%s\":{\"identitytoken\":\"identity\"}}}".formatted(withTokens.host()));
        thenCanPull(withTokens.host());
        then(tokens.requests()).contains("POST repository:image:pull");
    }

    @Test
    void a_helper_gives_an_identity_token() throws IOException {
        helper("identity", "echo '{\"Username\":\"<token>\",\"Secret\":\"identity\"}'");
        logIn("{\"credsStore\":\"identity\"}");
        thenCanPull(withTokens.host());
    }

    @Test
    void a_token_that_has_expired_is_got_anew() throws IOException {
        // GIVEN a token that the registry does not take any more; it allows for a minute
        logIn("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(withTokens.host(), PAIR));
        tokens.tokensLive(-120);
        thenThrownBy(() -> fixture.resolve(withTokens.host() + "/image")).hasMessageContaining("status 401");
        // WHEN
        tokens.tokensLive(300);
        // THEN
        thenCanPull(withTokens.host());
    }

    @Test
    void a_token_server_that_refuses_is_named() throws IOException {
        logIn("{\"auths\":{\"%s\":{\"identitytoken\":\"stale\"}}}".formatted(withTokens.host()));
        thenPullSays(
                withTokens.host(),
                "registry " + withTokens.host() + ": its token server "
                        + tokens.address().replaceAll("http://|/token", "")
                        + " refuses a token for repository:image:pull (status 401, incorrect username or password). The"
                        + " login for " + withTokens.host() + " in Docker's configuration may not be enough. Check the"
                        + " image's name; if it is right, log in with 'docker login " + withTokens.host()
                        + "', or ask its owner for the right to pull");
    }

    private void logIn(String config) throws IOException {
        Path docker = Files.createDirectories(fixture.temp().resolve("docker"));
        Files.writeString(docker.resolve("config.json"), config);
        String path = fixture.temp() + ":" + System.getenv("PATH");
        fixture.pullWith(
                RegistrySettings.defaults(), Map.of("DOCKER_CONFIG", docker.toString(), "PATH", path), event -> {});
    }

    private void helper(String name, String script) throws IOException {
        Path file = fixture.temp().resolve("docker-credential-" + name);
        Files.writeString(file, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    private void thenCanPull(String host) {
        Image image = fixture.resolve(host + "/image");
        then(fixture.store().disk(image).file()).exists();
    }

    private void thenPullSays(String host, String message) {
        thenThrownBy(() -> fixture.resolve(host + "/image"))
                .isInstanceOf(ImageException.class)
                .hasMessage("image " + host + "/image:latest: " + message);
    }

    private static String stackTrace(Throwable e) {
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
