// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static dev.thaw.image.testing.TestLayout.withPlatform;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each way in which an image's documents can be wrong, and the one line that the user reads. */
class ResolveErrorsTest {

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @Test
    void the_folder_does_not_exist() {
        thenResolvingSays(
                fixture.reference(),
                "the folder " + fixture.folder() + " does not exist. Build the image first, or check"
                        + " the path; a relative one starts at the working folder");
    }

    @Test
    void the_folder_is_a_file() throws IOException {
        Files.writeString(fixture.folder(), "");
        thenResolvingSays(
                fixture.reference(),
                "the folder " + fixture.folder() + " is not a folder. Build the image first, or check"
                        + " the path; a relative one starts at the working folder");
    }

    @Test
    void the_folder_is_no_layout() throws IOException {
        Files.createDirectories(fixture.folder());
        thenResolvingSays(
                fixture.reference(),
                "the folder " + fixture.folder() + " is not an OCI image layout: it has no file oci-layout");
    }

    @Test
    void the_layout_has_no_index() throws IOException {
        Files.delete(new TestLayout(fixture.folder()).folder().resolve("index.json"));
        thenResolvingSays(
                fixture.reference(),
                "the folder " + fixture.folder() + " is not an OCI image layout: it has no file index.json");
    }

    @Test
    void the_layout_is_of_a_later_version() throws IOException {
        Files.writeString(
                new TestLayout(fixture.folder()).folder().resolve("oci-layout"), "{\"imageLayoutVersion\":\"2.0.0\"}");
        thenResolvingSays(
                fixture.reference(),
                "the layout " + fixture.folder() + " has version '2.0.0'; this version reads 1.0.0");
    }

    @Test
    void the_index_is_not_json() throws IOException {
        Files.writeString(new TestLayout(fixture.folder()).folder().resolve("index.json"), "{\"manifests\": [");
        thenResolving(fixture.reference())
                .hasMessageStartingWith(
                        "image " + fixture.reference() + ": index.json is not valid JSON at line 1, column");
    }

    @Test
    void the_layout_is_empty() throws IOException {
        new TestLayout(fixture.folder());
        thenResolvingSays(fixture.reference(), "the layout " + fixture.folder() + " has no image in its index.json");
    }

    @Test
    void the_tag_is_unknown() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Digest digest = fixture.resolve(layout).digest();
        thenResolvingSays(
                fixture.reference() + ":7",
                "the layout " + fixture.folder() + " has no image named '7'; it has 'latest' (" + digest + ")");
    }

    @Test
    void the_digest_is_unknown() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Digest digest = fixture.resolve(layout).digest();
        Digest other = Digest.sha256Of(new byte[1]);
        thenResolvingSays(
                fixture.reference() + "@" + other,
                "the layout " + fixture.folder() + " has no image with the digest " + other + "; it has 'latest' ("
                        + digest + ")");
    }

    @Test
    void several_images_and_none_is_named() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        layout.add("other", layout.image(TestLayout::asItIs, TestLayout::asItIs, List.of(Tar.of(Member.dir("d")))));
        thenResolving(fixture.reference())
                .hasMessageMatching("image .*: the layout .* has 2 images for linux/amd64; name one of "
                        + "'latest' \\(sha256:.*\\), 'other' \\(sha256:.*\\)");
    }

    @Test
    void no_image_for_the_platform() throws IOException {
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode image = layout.image(c -> c.put("architecture", "arm64"), TestLayout::asItIs, List.of(LAYER));
        ObjectNode unknown = layout.image(c -> c.put("architecture", "unknown"), TestLayout::asItIs, List.of());
        layout.add(
                null,
                layout.index(
                        List.of(withPlatform(image, "linux", "arm64"), withPlatform(unknown, "unknown", "unknown"))));
        thenResolvingSays(fixture.reference(), "it has no image for linux/amd64; it has linux/arm64");
    }

    @Test
    void no_image_for_the_platform_says_the_configuration() throws IOException {
        TestLayout.bent(fixture.folder(), c -> c.put("architecture", "arm64"), TestLayout::asItIs, LAYER);
        thenResolvingSays(fixture.reference(), "it has no image for linux/amd64; it has linux/arm64");
    }

    @Test
    void indexes_that_name_each_other_over_and_over_are_stopped() throws IOException {
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode index = layout.index(List.of());
        for (int depth = 0; depth < 3; depth++) {
            index = layout.index(Collections.nCopies(50, index));
        }
        layout.add(null, index);
        thenResolvingSays(fixture.reference(), "indexes with more than 1000 entries together");
        thenResolvingSays(
                fixture.reference() + "@" + Digest.sha256Of(new byte[1]),
                "indexes with more than 1000 entries together");
    }

    @Test
    void indexes_nested_too_deeply_are_refused() throws IOException {
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode index = layout.index(List.of());
        for (int depth = 0; depth < 5; depth++) {
            index = layout.index(List.of(index));
        }
        layout.add(null, index);
        thenResolvingSays(fixture.reference(), "indexes nested deeper than 4");
    }

    @Test
    void the_manifest_was_changed() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Digest digest = fixture.resolve(layout).digest();
        Path manifest = layout.blobPath(digest.toString());
        byte[] bytes = Files.readAllBytes(manifest);
        bytes[bytes.length - 1] = ' ';
        Files.write(manifest, bytes);
        thenResolvingSays(
                fixture.reference(),
                "manifest " + manifest + " has the wrong digest or length: expected "
                        + digest + " and " + bytes.length + " bytes, got " + Digest.sha256Of(bytes) + " and "
                        + bytes.length
                        + " bytes. Fetch or build the image again");
    }

    @Test
    void the_configuration_was_changed() throws IOException {
        TestLayout.bent(
                fixture.folder(),
                TestLayout::asItIs,
                m -> overwrite(fixture.folder().resolve("blobs/sha256"), m, "config"),
                LAYER);
        thenResolving(fixture.reference())
                .hasMessageMatching("(?s)image .*: configuration .* has the wrong digest or length: expected sha256:.*"
                        + " and \\d+ bytes, got sha256:.* and 2 bytes. Fetch or build the image again");
    }

    @Test
    void the_manifest_is_missing() throws IOException {
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Digest digest = fixture.resolve(layout).digest();
        Files.delete(layout.blobPath(digest.toString()));
        thenResolvingSays(
                fixture.reference(),
                "manifest " + digest + ": its file " + layout.blobPath(digest.toString())
                        + " is missing. Fetch or build the image again");
    }

    @Test
    void the_manifest_is_of_an_unknown_media_type() throws IOException {
        TestLayout layout = new TestLayout(fixture.folder());
        layout.add(null, layout.blob(new byte[] {'{', '}'}, "application/vnd.docker.distribution.manifest.v1+json"));
        thenResolvingSays(
                fixture.reference(),
                "it has no image for linux/amd64; it has something of media type"
                        + " 'application/vnd.docker.distribution.manifest.v1+json'");
    }

    @Test
    void the_image_is_an_artifact() throws IOException {
        thenManifestSays(
                m -> ((ObjectNode) m.get("config")).put("mediaType", "application/vnd.example+json"),
                "manifest DIGEST: config: its media type is 'application/vnd.example+json'; this is not a container"
                        + " image");
    }

    @Test
    void a_layer_is_of_an_unknown_media_type() throws IOException {
        thenLayerTypeSays(
                "application/x-unknown",
                "its media type is 'application/x-unknown'; layers of types"
                        + " [application/vnd.docker.image.rootfs.diff.tar,"
                        + " application/vnd.docker.image.rootfs.diff.tar.gzip,"
                        + " application/vnd.docker.image.rootfs.diff.tar.zstd, application/vnd.oci.image.layer.v1.tar,"
                        + " application/vnd.oci.image.layer.v1.tar+gzip,"
                        + " application/vnd.oci.image.layer.v1.tar+zstd] are supported");
    }

    @Test
    void a_layer_is_foreign() throws IOException {
        thenLayerTypeSays(
                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                "its media type is 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip': foreign layers, whose"
                        + " content is kept elsewhere, are not supported");
    }

    @Test
    void a_layer_is_encrypted() throws IOException {
        thenLayerTypeSays(
                "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
                "its media type is 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted': encrypted layers are not"
                        + " supported. Decrypt the image, for example with 'skopeo copy --decryption-key'");
    }

    @Test
    void there_are_no_layers() throws IOException {
        TestLayout.of(fixture.folder());
        thenResolving(fixture.reference())
                .hasMessageEndingWith("layers: it has no layers, so there is no file system; is it an artifact?");
    }

    @Test
    void a_layer_and_no_diff_id() throws IOException {
        TestLayout.bent(
                fixture.folder(), c -> ((ObjectNode) c.get("rootfs")).putArray("diff_ids"), TestLayout::asItIs, LAYER);
        thenResolving(fixture.reference())
                .hasMessageEndingWith("layers: it has 1 layers, its configuration 0 diff ids; both must be the same,"
                        + " and at most 1000");
    }

    private void thenManifestSays(Consumer<ObjectNode> bend, String message) throws IOException {
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode descriptor = layout.image(TestLayout::asItIs, bend, List.of(LAYER));
        layout.add(null, descriptor);
        thenResolvingSays(
                fixture.reference(),
                message.replace("DIGEST", descriptor.get("digest").asText()));
    }

    private void thenLayerTypeSays(String mediaType, String message) throws IOException {
        thenManifestSays(
                m -> ((ObjectNode) m.get("layers").get(0)).put("mediaType", mediaType),
                "layer 1 of 1 (" + Digest.sha256Of(LAYER) + "): " + message);
    }

    private void thenResolvingSays(String reference, String message) {
        thenResolving(reference).hasMessage("image " + reference + ": " + message);
    }

    private AbstractThrowableAssert<?, ?> thenResolving(String reference) {
        return thenThrownBy(() -> fixture.resolve(reference))
                .isInstanceOf(ImageException.class)
                .hasCauseInstanceOf(IOException.class);
    }

    private static void overwrite(Path blobs, ObjectNode manifest, String field) {
        try {
            String digest = manifest.get(field).get("digest").asText();
            Files.writeString(blobs.resolve(Digest.parse(digest).hex()), "{}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
