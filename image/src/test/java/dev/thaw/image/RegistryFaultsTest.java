// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.testing.FaultyRegistry.status;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.Mounted;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A registry that has a bad day, or is not there: what is survived, and the one line that the user reads for the rest. */
class RegistryFaultsTest extends InFrontOfRegistry {
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
        faulty.always(BLOBS + layer.hex(), faulty.without("Range"));
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
