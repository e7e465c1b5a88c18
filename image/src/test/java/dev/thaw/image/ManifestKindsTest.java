// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.testing.TestLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Documents that would be a manifest to some and an index to others (CVE-2021-41190), in a layout. */
class ManifestKindsTest {
    private static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @Test
    void a_manifest_that_is_an_index_too_is_refused() throws IOException {
        // GIVEN
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode both = layout.image(TestLayout::asItIs, m -> m.putArray("manifests"), List.of(LAYER));
        layout.add(null, both);
        // WHEN THEN
        thenResolving()
                .hasMessage("image " + fixture.reference() + ": manifest "
                        + both.get("digest").asText() + ": manifests: it has 'layers' too, so it would be one image to"
                        + " some and another one to others. That is refused (CVE-2021-41190); build the image again");
    }

    @Test
    void an_index_that_is_a_manifest_too_is_refused() throws IOException {
        // GIVEN the same document, called an index
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode both = layout.image(
                TestLayout::asItIs, m -> m.put("mediaType", TestLayout.INDEX).putArray("manifests"), List.of(LAYER));
        layout.add(null, both.put("mediaType", TestLayout.INDEX));
        // WHEN THEN
        thenResolving()
                .hasMessageStartingWith("image " + fixture.reference() + ": index "
                        + both.get("digest").asText() + ": manifests: it has 'layers' too");
    }

    @Test
    void an_index_with_a_configuration_is_refused_even_without_manifests() throws IOException {
        // GIVEN
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode index = layout.image(TestLayout::asItIs, m -> m.remove(List.of("mediaType", "layers")), List.of());
        layout.add(null, index.put("mediaType", TestLayout.INDEX));
        // WHEN THEN
        thenResolving()
                .hasMessageEndingWith(
                        ": config: its descriptor says " + TestLayout.INDEX + ", but this is in a manifest only");
    }

    @Test
    void a_manifest_with_nothing_but_manifests_is_refused() throws IOException {
        // GIVEN
        TestLayout layout = new TestLayout(fixture.folder());
        layout.add(null, layout.blob("{\"schemaVersion\":2,\"manifests\":[]}".getBytes(US_ASCII), TestLayout.MANIFEST));
        // WHEN THEN
        thenResolving()
                .hasMessageEndingWith(
                        ": manifests: its descriptor says " + TestLayout.MANIFEST + ", but this is in an index only");
    }

    @Test
    void a_media_type_that_is_not_the_descriptor_s_is_refused() throws IOException {
        // GIVEN
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode manifest =
                layout.image(TestLayout::asItIs, m -> m.put("mediaType", DOCKER_MANIFEST), List.of(LAYER));
        layout.add(null, manifest);
        // WHEN THEN
        thenResolving()
                .hasMessage("image " + fixture.reference() + ": manifest "
                        + manifest.get("digest").asText() + ": mediaType: its descriptor says " + TestLayout.MANIFEST
                        + ", the document says " + DOCKER_MANIFEST);
    }

    @Test
    void a_document_without_a_media_type_is_what_its_descriptor_says() throws IOException {
        TestLayout layout = new TestLayout(fixture.folder());
        layout.add(null, layout.image(TestLayout::asItIs, m -> m.remove("mediaType"), List.of(LAYER)));
        then(fixture.resolve(layout).diffIds()).hasSize(1);
    }

    @Test
    void an_index_json_that_is_a_manifest_too_is_refused() throws IOException {
        // GIVEN
        TestLayout layout = TestLayout.of(fixture.folder(), LAYER);
        Files.writeString(
                layout.folder().resolve("index.json"), "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}");
        // WHEN THEN
        thenResolving()
                .hasMessageStartingWith(
                        "image " + fixture.reference() + ": index.json: manifests: it has 'layers' too");
    }

    private AbstractThrowableAssert<?, ?> thenResolving() {
        return thenThrownBy(() -> fixture.resolve(fixture.reference())).isInstanceOf(ImageException.class);
    }
}
