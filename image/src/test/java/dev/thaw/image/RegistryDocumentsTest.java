// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.testing.FaultyRegistry.answer;
import static dev.thaw.image.testing.FaultyRegistry.status;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.testing.TestLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Manifests, indexes and configurations of a registry that are not what they should be: the message names the registry. */
class RegistryDocumentsTest extends InFrontOfRegistry {
    private static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

    private TestLayout layout;
    private String served;
    private Digest answered;

    @BeforeEach
    void makeLayout() throws IOException {
        layout = new TestLayout(fixture.folder());
    }

    @Test
    void a_manifest_that_is_an_index_too() throws IOException {
        answerManifest(TestLayout.MANIFEST, "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}");
        thenPullSays("registry " + faulty.host() + ": manifest " + answered
                + ": manifests: it has 'layers' too, so it would be"
                + " one image to some and another one to others. That is refused (CVE-2021-41190); build the image"
                + " again");
    }

    @Test
    void a_manifest_that_is_an_index_too_and_comes_from_a_plain_file_server() throws IOException {
        answerManifest("application/json", "{\"schemaVersion\":2,\"manifests\":[],\"config\":{}}");
        thenPull()
                .hasMessageStartingWith(
                        "image " + faulty.host() + "/image:latest: registry " + faulty.host() + ": manifest sha256:")
                .hasMessageContaining(": manifests: it has 'config' too");
    }

    @Test
    void a_document_that_is_not_what_the_content_type_says() throws IOException {
        answerManifest(
                DOCKER_MANIFEST + "; charset=utf-8",
                "{\"schemaVersion\":2,\"mediaType\":\"" + TestLayout.MANIFEST + "\"}");
        thenPullSays("registry " + faulty.host() + ": manifest " + answered + ": mediaType: the Content-Type says "
                + DOCKER_MANIFEST + ", the document says " + TestLayout.MANIFEST);
    }

    @Test
    void an_index_that_comes_as_a_manifest() throws IOException {
        answerManifest(TestLayout.MANIFEST, "{\"schemaVersion\":2,\"manifests\":[]}");
        thenPullSays("registry " + faulty.host() + ": manifest " + answered + ": manifests: the Content-Type says "
                + TestLayout.MANIFEST + ", but this is in an index only");
    }

    @Test
    void a_manifest_that_comes_as_json_from_a_plain_file_server_is_taken() {
        faulty.always("HEAD /v2/image/manifests/.*", status(404));
        faulty.always("GET /v2/image/manifests/.*", faulty.contentType("application/json"));
        then(pull().file()).exists();
    }

    @Test
    void something_else_than_an_image() throws IOException {
        answerManifest("application/json", "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.example+json\"}");
        thenPull()
                .hasMessageMatching("image " + faulty.host() + "/image:latest: registry " + faulty.host()
                        + ": manifest sha256:\\w+: mediaType: 'application/vnd.example\\+json' is neither an image's"
                        + " manifest nor an index");
    }

    @Test
    void a_manifest_without_layers() throws IOException {
        serve(layout.image(TestLayout::asItIs, TestLayout::asItIs, List.of()));
        thenResolvingSays("manifest DIGEST: layers: it has no layers, so there is no file system; is it an artifact?");
    }

    @Test
    void an_index_without_our_platform() throws IOException {
        serve(layout.index(List.of(TestLayout.withPlatform(
                layout.image(c -> c.put("architecture", "arm64"), TestLayout::asItIs, List.of(StoreFixture.LAYER)),
                "linux",
                "arm64"))));
        thenResolvingSays("it has no image for linux/amd64; it has linux/arm64");
    }

    @Test
    void a_layer_of_an_unsupported_media_type() throws IOException {
        serve(layout.image(
                TestLayout::asItIs,
                m -> ((ObjectNode) m.get("layers").get(0)).put("mediaType", "application/x-unknown"),
                List.of(StoreFixture.LAYER)));
        thenResolving()
                .hasMessageStartingWith("image " + faulty.host() + "/odd:v1: registry " + faulty.host()
                        + ": layer 1 of 1 (" + Digest.sha256Of(StoreFixture.LAYER)
                        + "): its media type is 'application/x-unknown'; layers of types [");
    }

    @Test
    void a_configuration_that_is_wrong() throws IOException {
        serve(layout.image(
                c -> ((ObjectNode) c.get("config")).put("User", 1), TestLayout::asItIs, List.of(StoreFixture.LAYER)));
        thenResolving()
                .hasMessageMatching("image " + faulty.host() + "/odd:v1: registry " + faulty.host()
                        + ": configuration sha256:\\w+: config: User: expected a string, got a JSON number");
    }

    private void answerManifest(String contentType, String document) {
        answered = Digest.sha256Of(document.getBytes(StandardCharsets.UTF_8));
        faulty.always("HEAD /v2/image/manifests/.*", status(404));
        faulty.always("GET /v2/image/manifests/.*", answer(contentType, document.getBytes(StandardCharsets.UTF_8)));
    }

    /** A real registry would not take these. */
    private void serve(ObjectNode root) throws IOException {
        faulty.always("HEAD /v2/odd/manifests/v1", status(404));
        faulty.always("GET /v2/odd/manifests/v1", answer(root.get("mediaType").asText(), bytesOf(root)));
        faulty.always("GET /v2/odd/(manifests|blobs)/sha256:.*", (request, exchange) -> {
            String digest = request.path().replaceFirst(".*/", "");
            return answer("application/octet-stream", Files.readAllBytes(layout.blobPath(digest)))
                    .answers(request, exchange);
        });
        served = root.get("digest").asText();
    }

    private byte[] bytesOf(ObjectNode descriptor) throws IOException {
        return Files.readAllBytes(layout.blobPath(descriptor.get("digest").asText()));
    }

    private AbstractThrowableAssert<?, ?> thenResolving() {
        return thenThrownBy(() -> fixture.resolve(faulty.host() + "/odd:v1")).isInstanceOf(ImageException.class);
    }

    private void thenResolvingSays(String message) {
        thenSays(faulty.host() + "/odd:v1", "registry " + faulty.host() + ": " + message.replace("DIGEST", served));
    }
}
