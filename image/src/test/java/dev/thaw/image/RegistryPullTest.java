// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.AMD64;
import static dev.thaw.image.StoreFixture.LAYER;
import static dev.thaw.image.testing.TestLayout.withPlatform;
import static org.assertj.core.api.BDDAssertions.then;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Pulls from a real registry, of images that skopeo pushed. */
class RegistryPullTest {
    @TempDir
    static Path folder;

    private static TestRegistry registry;

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @BeforeAll
    static void startRegistry() throws IOException {
        registry = TestRegistry.open(folder.resolve("registry"));
    }

    @AfterAll
    static void stopRegistry() {
        registry.close();
    }

    @Test
    void an_image_has_the_disk_of_the_layout_that_was_pushed() throws IOException {
        // GIVEN
        TestLayout layout = TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1), Tar.of(Member.file("b", "b")));
        registry.push(layout, "team/image:v1");
        Image local = fixture.resolve(layout);
        // WHEN
        try (ImageStore store = ImageStore.open(fixture.temp().resolve("other"))) {
            Image image = store.resolve(ImageReference.parse(registry.host() + "/team/image:v1"), AMD64);
            // THEN
            then(image.config()).isEqualTo(local.config());
            then(image.diffIds()).isEqualTo(local.diffIds());
            then(store.disk(image).digest()).isEqualTo(fixture.disk(layout).digest());
        }
    }

    @Test
    void an_index_gives_the_platform_s_image() throws IOException {
        // GIVEN
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode arm =
                layout.image(c -> c.put("architecture", "arm64"), TestLayout::asItIs, List.of(Tar.gzip(LAYER, 1)));
        ObjectNode amd = layout.image(
                c -> c.putObject("config").put("User", "me"), TestLayout::asItIs, List.of(Tar.gzip(LAYER, 1)));
        layout.add(
                "latest",
                layout.index(List.of(withPlatform(arm, "linux", "arm64"), withPlatform(amd, "linux", "amd64"))));
        registry.push(layout, "index");
        // WHEN
        Image image = fixture.resolve(registry.host() + "/index");
        // THEN
        then(image.digest()).hasToString(amd.get("digest").asText());
        then(image.config().user()).isEqualTo("me");
        then(fixture.store().disk(image).file()).exists();
    }
}
