// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.http.Retry;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.registry.RegistryContext;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** For each test an empty folder with room for an image, and a store whose cache is beside it. */
final class StoreFixture implements BeforeEachCallback, AfterEachCallback {
    /** What test images are for, whatever machine the tests run on. */
    static final Platform AMD64 = new Platform("linux", "amd64");

    static final byte[] LAYER = Tar.of(Member.dir("etc"), Member.file("etc/hello", "world"));

    private static final Retry QUICK_RETRY = new Retry(3, Duration.ofMillis(5), Duration.ofSeconds(2));
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(2);

    private Path temp;
    private ImageStore store;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        temp = Files.createTempDirectory("thaw-image-");
        store = ImageStore.open(cache());
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        store.close();
        List<Path> deepestFirst;
        try (Stream<Path> files = Files.walk(temp)) {
            deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : deepestFirst) {
            Files.delete(file);
        }
    }

    /** Room for whatever else a test writes. */
    Path temp() {
        return temp;
    }

    /** For the image; not there yet. */
    Path folder() {
        return temp.resolve("image");
    }

    /** What names the image in that folder. */
    String reference() {
        return "oci:" + folder();
    }

    Path cache() {
        return temp.resolve("cache");
    }

    /** The folder of the cache's disks. */
    Path disks() {
        return cache().resolve("disks");
    }

    ImageStore store() {
        return store;
    }

    /** From here on the store is one with these limits. */
    void limit(Limits limits) {
        reopen(ImageStore.open(cache(), RegistrySettings.defaults(), event -> {}, limits, context(Map.of())));
    }

    /** From here on the store is this one, which is closed with the test. */
    void reopen(ImageStore other) {
        store.close();
        store = other;
    }

    /** From here on the store pulls so, and tries again after moments. */
    void pullWith(RegistrySettings settings, Map<String, String> environment, Consumer<PullEvent> listener) {
        reopen(ImageStore.open(cache(), settings, listener, Limits.DEFAULT, context(environment)));
    }

    private RegistryContext context(Map<String, String> environment) {
        return new RegistryContext(environment, QUICK_RETRY, READ_TIMEOUT, List.of(certificates()));
    }

    /** Where certificates lie as Docker has them, in a folder for each registry; not there yet. */
    Path certificates() {
        return temp.resolve("certs.d");
    }

    /** As the other one, with settings as users write them: name, value, name, value. */
    void pullWith(String... settings) {
        pullWith(Map.of(), settings);
    }

    /** As the other ones. */
    void pullWith(Map<String, String> environment, String... settings) {
        Map<String, String> byName = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            byName.put(settings[i], settings[i + 1]);
        }
        pullWith(RegistrySettings.load(name -> Optional.ofNullable(byName.get(name))), environment, event -> {});
    }

    Image resolve(TestLayout layout) {
        return store.resolve(layout.reference(), AMD64);
    }

    Image resolve(String reference) {
        return store.resolve(ImageReference.parse(reference), AMD64);
    }

    Disk disk(TestLayout layout) {
        return store.disk(resolve(layout));
    }
}
