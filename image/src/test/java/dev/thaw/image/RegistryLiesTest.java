// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.testing.FaultyRegistry.status;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.FaultyRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Answers that nobody should believe, and what is not done because of them. */
class RegistryLiesTest extends InFrontOfRegistry {
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
    void something_that_is_no_registry() throws IOException {
        faulty.always(".*", status(200));
        thenPull().hasMessageStartingWith("image " + faulty.host() + "/image:latest: registry " + faulty.host() + ": ");
    }
}
