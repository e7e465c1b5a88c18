// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static dev.thaw.image.testing.FaultyRegistry.status;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Mounted;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestRegistry;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong between a registry and us: what is survived, and the one line that the user reads for the rest. */
class RegistryFaultsTest {
    private static final String BLOBS = "GET /v2/image/blobs/.*";
    private static final String MANIFESTS = "(GET|HEAD) /v2/image/manifests/.*";

    @TempDir
    static Path folder;

    private static TestRegistry registry;
    private static Digest layer;
    private static int layerBytes;

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    private FaultyRegistry faulty;

    @BeforeAll
    static void startRegistry() throws IOException {
        registry = TestRegistry.open(folder.resolve("registry"));
        byte[] content = new byte[500_000];
        new Random(1).nextBytes(content);
        byte[] bytes = Tar.gzip(Tar.of(Member.file("big", content)), 1);
        layer = Digest.sha256Of(bytes);
        layerBytes = bytes.length;
        registry.push(TestLayout.of(folder.resolve("image"), bytes, Tar.gzip(LAYER, 1)), "image");
    }

    @AfterAll
    static void stopRegistry() {
        registry.close();
    }

    @BeforeEach
    void standInFront() throws IOException {
        faulty = new FaultyRegistry(registry.host());
        fixture.pullWith();
    }

    @AfterEach
    void stepAside() {
        faulty.close();
    }

    @Test
    void a_registry_that_is_busy_is_asked_again_when_it_says() {
        faulty.first(1, MANIFESTS, status(429, "Retry-After", "1"));
        faulty.first(2, BLOBS, status(503));
        then(pull().file()).exists();
    }

    @Test
    void a_connection_that_breaks_off_is_taken_up_where_it_was() {
        // GIVEN
        faulty.first(1, BLOBS + layer.hex(), faulty.cutOffAfter(200_000));
        // WHEN
        Disk disk = pull();
        // THEN
        then(disk.file()).exists();
        then(faulty.requests(BLOBS + layer.hex())).hasSize(2);
        String range =
                faulty.requests(BLOBS + layer.hex()).get(1).header("Range").orElseThrow();
        then(range).matches("bytes=\\d+-");
        then(Integer.parseInt(range.replaceAll("\\D", ""))).isBetween(1, 200_000);
    }

    @Test
    void a_registry_that_can_not_go_on_in_the_middle_sends_all_again() {
        faulty.first(1, BLOBS + layer.hex(), faulty.cutOffAfter(200_000));
        faulty.always(BLOBS + layer.hex(), faulty.withoutRange());
        then(pull().file()).exists();
    }

    @Test
    void attempts_count_anew_as_long_as_more_comes() {
        faulty.first(7, BLOBS + layer.hex(), faulty.cutOffAfter(60_000));
        then(pull().file()).exists();
    }

    @Test
    void an_answer_that_stalls_is_asked_for_again() {
        faulty.first(1, BLOBS + layer.hex(), (request, exchange) -> {
            exchange.sendResponseHeaders(200, layerBytes);
            exchange.getResponseBody().flush();
            return stallUntilClosed();
        });
        then(pull().file()).exists();
    }

    @Test
    void a_body_of_chunks_that_breaks_off_is_taken_up_too() {
        faulty.first(1, BLOBS + layer.hex(), faulty.chunkedAndCutOffAfter(200_000));
        then(pull().file()).exists();
        then(faulty.requests(BLOBS + layer.hex()).get(1).header("Range")).isPresent();
    }

    @Test
    void a_body_that_is_whole_but_does_not_end_is_whole() {
        faulty.first(1, BLOBS + layer.hex(), faulty.chunkedAndCutOffAfter(layerBytes));
        then(pull().file()).exists();
        then(faulty.requests(BLOBS + layer.hex())).hasSize(1);
    }

    @Test
    void a_manifest_that_is_cut_off_is_asked_for_again() {
        faulty.first(1, "GET /v2/image/manifests/.*", faulty.cutOffAfter(20));
        then(pull().file()).exists();
    }

    @Test
    void a_registry_that_does_not_know_head_is_asked_with_get() {
        faulty.always("HEAD .*", status(405));
        then(pull().file()).exists();
    }

    @Test
    void a_registry_that_stays_broken_is_given_up() throws IOException {
        faulty.always(MANIFESTS, status(500));
        thenPullSays("registry " + faulty.host() + " fails with status 500 (tried 3 times)");
        then(faulty.requests(MANIFESTS)).hasSize(3);
    }

    @Test
    void a_registry_that_asks_for_too_much_patience_is_given_up() throws IOException {
        faulty.always(MANIFESTS, status(429, "Retry-After", "3600"));
        thenPullSays("registry " + faulty.host() + " is asked too often (status 429); it asks to wait 3600 s. Log in"
                + " with 'docker login', as users get more requests");
        then(faulty.requests(MANIFESTS)).hasSize(1);
    }

    @Test
    void a_body_that_stays_cut_off_leaves_nothing_behind() throws IOException {
        faulty.always(BLOBS + layer.hex(), faulty.cutOffAfter(0));
        thenPullSays("layer 1 of 2 (" + layer + "): registry " + faulty.host() + " sends blobs/" + layer
                + " of image cut off, after 0 of " + layerBytes + " bytes: it breaks off: fixed content-length: "
                + layerBytes + ", bytes received: 0 (tried 3 times)");
    }

    @Test
    void a_wrong_digest_leaves_nothing_behind() throws IOException {
        faulty.always(BLOBS + layer.hex(), faulty.body(bytes -> {
            byte[] bent = bytes.clone();
            bent[1000] ^= 1;
            return bent;
        }));
        thenPull()
                .hasMessageMatching("image " + faulty.host() + "/image:latest: layer 1 of 2 \\(" + layer
                        + "\\): registry " + faulty.host() + ": blob " + layer
                        + " has the wrong digest: the bytes that came have sha256:.*");
        thenNothingOfTheLayerIsLeft();
    }

    @Test
    void a_body_that_is_too_long_is_not_read_to_its_end() throws IOException {
        faulty.always(BLOBS + layer.hex(), faulty.body(bytes -> Arrays.copyOf(bytes, bytes.length + 1)));
        thenPullSays("layer 1 of 2 (" + layer + "): registry " + faulty.host() + ": blob " + layer
                + " has the wrong length: expected " + layerBytes + " bytes, and more came");
    }

    @Test
    void a_manifest_that_is_not_what_its_digest_says_is_refused() throws IOException {
        Digest digest = fixture.resolve(registry.host() + "/image").digest();
        fixture.pullWith("thaw.pull", "always");
        faulty.always(MANIFESTS, faulty.body(bytes -> {
            byte[] bent = bytes.clone();
            bent[bent.length - 1] = ' ';
            return bent;
        }));
        try (ImageStore other = ImageStore.open(fixture.temp().resolve("other"))) {
            ImageReference reference = ImageReference.parse(faulty.host() + "/image@" + digest);
            thenThrownBy(() -> other.resolve(reference, StoreFixture.AMD64))
                    .isInstanceOf(ImageException.class)
                    .hasMessageStartingWith("image " + reference + ": registry " + faulty.host() + ": manifest "
                            + digest + " has the wrong digest or length: expected " + digest);
        }
    }

    @Test
    void a_manifest_of_an_endless_length_is_not_read() throws IOException {
        faulty.always("GET /v2/image/manifests/.*", faulty.body(bytes -> new byte[(4 << 20) + 10]));
        thenPullSays("registry " + faulty.host()
                + " sends a manifest for latest of more than 4194304 bytes, which is more than is accepted");
    }

    @Test
    void a_manifest_of_schema_1_is_refused() throws IOException {
        byte[] old = "{\"schemaVersion\":1,\"name\":\"image\"}".getBytes(StandardCharsets.US_ASCII);
        faulty.always("HEAD .*", status(404));
        faulty.always("GET /v2/image/manifests/.*", faulty.body(bytes -> old));
        thenPull()
                .hasMessageContaining(
                        "schemaVersion: 1, of which no registry should have any more. Push the image again"
                                + " with a current engine");
    }

    @Test
    void a_redirect_to_another_host_takes_no_credentials_along() throws IOException {
        // GIVEN blobs that are elsewhere
        try (FaultyRegistry storage = new FaultyRegistry(registry.host())) {
            faulty.always(BLOBS, (request, exchange) -> {
                return status(307, "Location", "http://" + storage.host() + request.path())
                        .answers(request, exchange);
            });
            faulty.first(1, MANIFESTS, status(401, "WWW-Authenticate", "Basic realm=\"x\""));
            Path config = Files.writeString(
                    Files.createDirectories(fixture.temp().resolve("docker")).resolve("config.json"),
                    "{\"auths\":{\"" + faulty.host() + "\":{\"username\":\"tester\",\"password\":\"secret\"}}}");
            fixture.pullWith(
                    RegistrySettings.defaults(),
                    Map.of("DOCKER_CONFIG", config.getParent().toString()),
                    event -> {});
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

    @Tag("root")
    @Test
    void a_layer_that_finds_no_room_says_so_and_is_asked_for_once() throws IOException {
        try (Mounted small = Mounted.tmpfs(300_000);
                ImageStore store = ImageStore.open(small.folder())) {
            Image image = store.resolve(ImageReference.parse(faulty.host() + "/image"), StoreFixture.AMD64);
            thenThrownBy(() -> store.disk(image))
                    .isInstanceOf(ImageException.class)
                    // Two come at once; the small one may be the first that finds no room.
                    .hasMessageMatching(
                            "image .*/image:latest: layer \\d of 2 \\(sha256:\\w+\\): blob sha256:\\w+ of \\d+"
                                    + " bytes can't be written: No space left on device. The cache folder "
                                    + small.folder()
                                    + "/blobs/sha256 has \\d+ bytes free; blobs, uncompressed layers and disks need room there");
            then(faulty.requests(BLOBS + layer.hex())).hasSizeLessThan(2);
            then(small.folder().resolve("blobs/sha256").toFile().list()).noneMatch(name -> name.endsWith(".tmp"));
        }
    }

    @Test
    void an_image_that_is_not_there() throws IOException {
        String host = registry.host();
        thenSays(
                host + "/missing:v1",
                "registry " + host + " has no tag v1 in missing (status 404, MANIFEST_UNKNOWN: manifest unknown)."
                        + " Check name and tag");
        Digest digest = Digest.sha256Of(new byte[1]);
        thenSays(
                host + "/image@" + digest,
                "registry " + host + " has no manifest " + digest
                        + " in image (status 404, MANIFEST_UNKNOWN: manifest unknown). Check name and tag");
    }

    @Test
    void a_registry_that_forbids_or_wants_a_login_that_there_is_not() throws IOException {
        for (int status : new int[] {401, 403}) {
            faulty.first(1, MANIFESTS, status(status, "WWW-Authenticate", "Basic realm=\"x\""));
            faulty.first(1, MANIFESTS, status(status, "WWW-Authenticate", "Basic realm=\"x\""));
            thenPull()
                    .hasMessageMatching("image .*: registry " + faulty.host() + " does not let us read image \\(status "
                            + status + "\\)\\. .*config.json has no login for " + faulty.host()
                            + "\\. Check the image's"
                            + " name; if it is right, log in with 'docker login " + faulty.host()
                            + "', or ask its owner for the right to pull");
        }
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

    @Test
    void a_layer_that_somebody_calls_a_manifest_stays_in_the_cache() throws IOException {
        Image image = fixture.resolve(faulty.host() + "/image");
        fixture.store().pull(image);
        Path blob = fixture.cache().resolve("blobs/sha256").resolve(layer.hex());
        byte[] large = new byte[(4 << 20) + 1];
        Digest digest = Digest.sha256Of(large);
        Path other = Files.write(blob.resolveSibling(digest.hex()), large);
        thenThrownBy(() -> fixture.resolve(faulty.host() + "/image@" + digest))
                .hasMessageContaining(
                        "blob " + digest + " has more than 4194304 bytes, which is too long for a document");
        then(other).exists();
    }

    @Test
    void layers_of_an_absurd_size_are_not_asked_for() throws IOException {
        faulty.always("HEAD .*", status(405));
        faulty.always(
                "GET /v2/image/manifests/.*",
                faulty.body(bytes -> new String(bytes, StandardCharsets.UTF_8)
                        .replaceAll("\"size\":\\s*" + layerBytes, "\"size\":9000000000000000000")
                        .getBytes(StandardCharsets.UTF_8)));
        thenPull().hasMessageContaining("its layers have more than 68719476736 bytes together, compressed as they are");
        then(faulty.requests(BLOBS + layer.hex())).isEmpty();
    }

    @Test
    void a_registry_whose_name_has_no_address() {
        thenSays(
                "registry.invalid/image",
                "registry registry.invalid can't be found: its name has no address. Check the image's name and the"
                        + " network; behind a company's proxy set thaw.registry.mirror or HTTPS_PROXY");
    }

    @Test
    void a_port_that_nobody_listens_on() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        thenThrownBy(() -> fixture.resolve("127.0.0.1:" + port + "/image"))
                .isInstanceOf(ImageException.class)
                .hasMessage("image 127.0.0.1:" + port + "/image:latest: registry 127.0.0.1:" + port
                        + " can't be connected to: nobody accepts connections there. Is it running, and reachable from here? Behind a"
                        + " company's proxy set thaw.registry.mirror or HTTPS_PROXY");
    }

    @Test
    void something_that_is_no_registry() throws IOException {
        faulty.always(".*", status(200));
        thenPull().hasMessageStartingWith("image " + faulty.host() + "/image:latest: registry " + faulty.host() + ": ");
    }

    private Disk pull() {
        return fixture.store().disk(fixture.resolve(faulty.host() + "/image"));
    }

    private AbstractThrowableAssert<?, ? extends Throwable> thenPull() {
        return thenThrownBy(this::pull).isInstanceOf(ImageException.class);
    }

    private void thenPullSays(String message) throws IOException {
        thenPull().hasMessage("image " + faulty.host() + "/image:latest: " + message);
        thenNothingOfTheLayerIsLeft();
    }

    private void thenSays(String reference, String message) {
        thenThrownBy(() -> fixture.resolve(reference))
                .isInstanceOf(ImageException.class)
                .hasMessage("image " + ImageReference.parse(reference) + ": " + message);
    }

    private void thenNothingOfTheLayerIsLeft() throws IOException {
        try (Stream<Path> files = Files.walk(fixture.cache())) {
            List<String> left = files.map(f -> f.getFileName().toString())
                    .filter(name -> name.startsWith(layer.hex()) || name.endsWith(".tmp"))
                    .filter(name -> !name.endsWith(".lock"))
                    .toList();
            then(left).isEmpty();
        }
    }

    /** Until the server is stopped, which interrupts its threads. */
    private static boolean stallUntilClosed() {
        try {
            new CountDownLatch(1).await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return true;
    }
}
