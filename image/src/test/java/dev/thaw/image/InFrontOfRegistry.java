// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** A registry with an image of two layers, and one in front of it that goes wrong where a test wants it to. */
abstract class InFrontOfRegistry extends WithRegistry {
    static final String BLOBS = "GET /v2/image/blobs/.*";
    static final String MANIFESTS = "(GET|HEAD) /v2/image/manifests/.*";

    static Digest layer;
    static int layerBytes;

    FaultyRegistry faulty;

    @BeforeAll
    static void pushImage() throws IOException {
        byte[] content = new byte[500_000];
        new Random(1).nextBytes(content);
        byte[] bytes = Tar.gzip(Tar.of(Member.file("big", content)), 1);
        layer = Digest.sha256Of(bytes);
        layerBytes = bytes.length;
        registry.push(TestLayout.of(folder.resolve("image"), bytes, Tar.gzip(LAYER, 1)), "image");
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

    Disk pull() {
        return fixture.store().disk(fixture.resolve(faulty.host() + "/image"));
    }

    AbstractThrowableAssert<?, ? extends Throwable> thenPull() {
        return thenThrownBy(this::pull).isInstanceOf(ImageException.class);
    }

    void thenPullSays(String message) throws IOException {
        thenPull().hasMessage("image " + faulty.host() + "/image:latest: " + message);
        thenNothingOfTheLayerIsLeft();
    }

    void thenSays(String reference, String message) {
        thenThrownBy(() -> fixture.resolve(reference))
                .isInstanceOf(ImageException.class)
                .hasMessage("image " + ImageReference.parse(reference) + ": " + message);
    }

    void thenNothingOfTheLayerIsLeft() throws IOException {
        try (Stream<Path> files = Files.walk(fixture.cache())) {
            List<String> left = files.map(f -> f.getFileName().toString())
                    .filter(name -> name.startsWith(layer.hex()) || name.endsWith(".tmp"))
                    .toList();
            then(left).isEmpty();
        }
    }
}
