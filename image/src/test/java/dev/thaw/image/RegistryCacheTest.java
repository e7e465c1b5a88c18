// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.AMD64;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** When a registry is asked, and what is kept of what it gave. */
class RegistryCacheTest extends WithRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryCacheTest.class);

    @Test
    void a_tag_keeps_its_meaning_within_a_run_and_with_missing_also_after_it() throws IOException {
        // GIVEN
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "moving:v1");
        fixture.pullWith("thaw.pull", "always");
        Image first = fixture.resolve(registry.host() + "/moving:v1");
        fixture.store().disk(first);
        // WHEN
        registry.push(
                TestLayout.of(fixture.temp().resolve("b"), Tar.gzip(Tar.of(Member.file("b", "b")), 1)), "moving:v1");
        // THEN
        then(fixture.resolve(registry.host() + "/moving:v1").digest()).isEqualTo(first.digest());
        fixture.pullWith("thaw.pull", "missing");
        then(fixture.resolve(registry.host() + "/moving:v1").digest()).isEqualTo(first.digest());
        fixture.pullWith("thaw.pull", "always");
        then(fixture.resolve(registry.host() + "/moving:v1").digest()).isNotEqualTo(first.digest());
    }

    @Test
    void what_is_in_the_cache_needs_no_registry() throws IOException {
        // GIVEN
        TestLayout layout = TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1));
        registry.push(layout, "cached:v1");
        try (FaultyRegistry gone = new FaultyRegistry(registry.host())) {
            ImageReference reference = ImageReference.parse(gone.host() + "/cached:v1");
            fixture.pullWith();
            Image image = fixture.store().resolve(reference, AMD64);
            Disk disk = fixture.store().disk(image);
            int asked = gone.requests().size();
            // WHEN
            fixture.pullWith("thaw.pull", "never");
            Image again = fixture.store().resolve(reference, AMD64);
            Files.delete(disk.file());
            Disk anew = fixture.store().disk(again);
            // THEN
            then(again).isEqualTo(image);
            then(anew).isEqualTo(disk);
            then(gone.requests()).hasSize(asked);
        }
    }

    @Test
    void what_is_not_in_the_cache_is_refused_if_nothing_may_be_pulled() throws IOException {
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "absent:v1");
        fixture.pullWith("thaw.pull", "never");
        thenThrownBy(() -> fixture.resolve(registry.host() + "/absent:v1"))
                .isInstanceOf(ImageException.class)
                .hasMessage("image " + registry.host() + "/absent:v1: tag v1 is not in the cache, and thaw.pull is"
                        + " 'never', so no registry is asked. Run once with 'missing', or use an image in a file");
    }

    @Test
    void layers_that_images_share_come_once() throws IOException {
        // GIVEN two images with a common layer
        byte[] base = Tar.gzip(Tar.of(Member.file("base", "x".repeat(1000))), 1);
        registry.push(TestLayout.of(fixture.folder(), base, Tar.gzip(Tar.of(Member.file("a", "a")), 1)), "shared-a");
        registry.push(
                TestLayout.of(fixture.temp().resolve("b"), base, Tar.gzip(Tar.of(Member.file("b", "b")), 1)),
                "shared-b");
        try (FaultyRegistry watched = new FaultyRegistry(registry.host())) {
            fixture.pullWith();
            // WHEN
            fixture.store().disk(fixture.resolve(watched.host() + "/shared-a"));
            fixture.store().disk(fixture.resolve(watched.host() + "/shared-b"));
            // THEN
            then(watched.requests("GET /v2/.*/blobs/" + Digest.sha256Of(base))).hasSize(1);
        }
    }

    @Test
    void a_layer_that_was_damaged_in_the_cache_is_pulled_again() throws IOException {
        for (boolean sameLength : new boolean[] {true, false}) {
            // GIVEN
            byte[] layer = Tar.gzip(Tar.of(Member.file("f", "same length: " + sameLength)), 1);
            registry.push(TestLayout.of(fixture.temp().resolve("image-" + sameLength), layer), "damaged-" + sameLength);
            fixture.pullWith();
            Image image = fixture.resolve(registry.host() + "/damaged-" + sameLength);
            Disk disk = fixture.store().disk(image);
            Path blob = fixture.cache()
                    .resolve("blobs/sha256")
                    .resolve(Digest.sha256Of(layer).hex());
            byte[] bytes = Files.readAllBytes(blob);
            bytes[20] ^= 1;
            Files.write(blob, sameLength ? bytes : Arrays.copyOf(bytes, 10));
            Files.delete(disk.file());
            // WHEN
            Disk anew = fixture.store().disk(image);
            // THEN
            then(anew).isEqualTo(disk);
            then(Digest.sha256Of(Files.readAllBytes(blob))).isEqualTo(Digest.sha256Of(layer));
        }
    }

    @Test
    void a_manifest_that_was_damaged_in_the_cache_is_pulled_again() throws IOException {
        // GIVEN
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "manifest");
        fixture.pullWith();
        Image image = fixture.resolve(registry.host() + "/manifest");
        Path blob =
                fixture.cache().resolve("blobs/sha256").resolve(image.digest().hex());
        Files.writeString(blob, "{}");
        fixture.pullWith();
        // WHEN, THEN
        then(fixture.resolve(registry.host() + "/manifest")).isEqualTo(image);
        then(Digest.sha256Of(Files.readAllBytes(blob))).isEqualTo(image.digest());
    }

    @Test
    void two_jvms_that_pull_at_once_download_a_shared_layer_once() throws Exception {
        // GIVEN two images with a layer that both have, and each one of its own
        byte[] base = Tar.gzip(Tar.of(Member.file("base", "x".repeat(5000))), 1);
        byte[] ownA = Tar.gzip(Tar.of(Member.file("a", "a")), 1);
        byte[] ownB = Tar.gzip(Tar.of(Member.file("b", "b")), 1);
        registry.push(TestLayout.of(fixture.folder(), base, ownA), "twice-0");
        registry.push(TestLayout.of(fixture.temp().resolve("b"), base, ownB), "twice-1");
        try (FaultyRegistry watched = new FaultyRegistry(registry.host())) {
            CountDownLatch bothPull = new CountDownLatch(2);
            CountDownLatch askedTwice = new CountDownLatch(2);
            for (byte[] own : List.of(ownA, ownB)) {
                watched.first(1, "GET .*/blobs/" + Digest.sha256Of(own), (request, exchange) -> {
                    bothPull.countDown();
                    return false;
                });
            }
            // It comes when both want it, and somebody who does not wait for the other would have asked, too.
            watched.always("GET .*/blobs/" + Digest.sha256Of(base), (request, exchange) -> {
                askedTwice.countDown();
                await(bothPull, 20);
                await(askedTwice, 2);
                return false;
            });
            // WHEN
            List<Process> jvms = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                jvms.add(startJvm(watched.host() + "/twice-" + i, fixture.temp().resolve("jvm-" + i)));
            }
            for (Process jvm : jvms) {
                then(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
            // THEN
            then(Files.readString(fixture.temp().resolve("jvm-0"))).contains("DISK sha256:");
            then(Files.readString(fixture.temp().resolve("jvm-1"))).contains("DISK sha256:");
            then(watched.requests("GET .*/blobs/" + Digest.sha256Of(base))).hasSize(1);
        }
    }

    /** One that pulls an image with this test's cache. */
    private Process startJvm(String reference, Path output) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Puller.class.getName(),
                        fixture.cache().toString(),
                        reference)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private static void await(CountDownLatch latch, int seconds) {
        try {
            if (!latch.await(seconds, TimeUnit.SECONDS)) {
                LOG.debug("Nobody came within {} s", seconds);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What another JVM runs: the cache's folder and the image's name are its arguments. */
    static final class Puller {
        private Puller() {}

        @SuppressWarnings("SystemOut") // its way to tell
        public static void main(String[] args) {
            try (ImageStore store = ImageStore.open(Path.of(args[0]))) {
                Image image = store.resolve(ImageReference.parse(args[1]), AMD64);
                System.out.println("DISK " + store.disk(image).digest());
            }
        }
    }
}
