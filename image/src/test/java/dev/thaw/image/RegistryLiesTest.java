// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.testing.FaultyRegistry.status;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest
    @CsvSource({"1000, -1000, -1, 0", "0, 0, -1, 1000", "0, 0, -1, -1", "0, 0, 0, 0", "0, 1, -1, 0"})
    void a_part_that_is_not_the_one_that_was_asked_for_is_not_taken(int earlier, int first, int last, int total)
            throws IOException {
        // GIVEN a download that breaks off, and what comes then is another part or one of another blob
        AtomicReference<String> asked = new AtomicReference<>();
        faulty.first(1, BLOBS + layer.hex(), faulty.cutOffAfter(200_000));
        faulty.always(BLOBS + layer.hex(), faulty.part(earlier, (from, size) -> {
            String range = (from + first) + "-" + (size + last) + "/" + (size + total);
            asked.set("was asked to go on at byte " + from + " of " + size + " and sends 'bytes " + range + "'");
            return range;
        }));
        // WHEN, THEN
        thenPull()
                .satisfies(e -> then(e).hasMessage("image " + faulty.host() + "/image:latest: layer 1 of 2 (" + layer
                        + "): registry " + faulty.host() + " " + asked.get()));
        thenNothingOfTheLayerIsLeft();
    }

    @Test
    void a_part_of_a_blob_whose_length_is_not_said_is_taken() {
        faulty.first(1, BLOBS + layer.hex(), faulty.cutOffAfter(200_000));
        faulty.always(BLOBS + layer.hex(), faulty.part(0, (from, size) -> from + "-" + (size - 1) + "/*"));
        then(pull().file()).exists();
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
