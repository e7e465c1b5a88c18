// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.AMD64;
import static dev.thaw.image.StoreFixture.LAYER;
import static dev.thaw.image.testing.TestLayout.withPlatform;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import dev.thaw.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @Test
    void a_digest_says_which_image_is_meant_whatever_the_tag() throws IOException {
        // GIVEN
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "moved:v1");
        Digest first = fixture.resolve(registry.host() + "/moved:v1").digest();
        registry.push(
                TestLayout.of(fixture.temp().resolve("b"), Tar.gzip(Tar.of(Member.file("b", "b")), 1)), "moved:v1");
        fixture.pullWith("thaw.pull", "always");
        // WHEN
        Image byDigest = fixture.resolve(registry.host() + "/moved@" + first);
        Image byBoth = fixture.resolve(registry.host() + "/moved:v1@" + first);
        Image byTag = fixture.resolve(registry.host() + "/moved:v1");
        // THEN
        then(byDigest.digest()).isEqualTo(byBoth.digest()).isEqualTo(first);
        then(byTag.digest()).isNotEqualTo(first);
        then(fixture.store().disk(byDigest)).isEqualTo(fixture.store().disk(byBoth));
    }

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
    void a_pull_tells_how_it_goes() throws IOException {
        // GIVEN
        byte[] layer = Tar.gzip(LAYER, 1);
        byte[] other = Tar.gzip(Tar.of(Member.file("b", "b")), 1);
        registry.push(TestLayout.of(fixture.folder(), layer, other, layer), "told");
        List<PullEvent> events = new CopyOnWriteArrayList<>();
        fixture.pullWith(RegistrySettings.defaults(), Map.of(), events::add);
        // WHEN
        Image image = fixture.resolve(registry.host() + "/told");
        fixture.store().disk(image);
        // THEN
        ImageReference.Registry reference = (ImageReference.Registry) image.reference();
        long bytes = (long) layer.length + other.length;
        then(events).first().isEqualTo(new PullEvent.Started(reference, 2, bytes));
        then(events).last().isInstanceOfSatisfying(PullEvent.Finished.class, finished -> {
            then(finished.totalBytes()).isEqualTo(bytes);
            then(finished.image()).isEqualTo(reference);
        });
    }

    @Test
    void a_mirror_is_asked_first_and_the_registry_if_the_mirror_can_not_help() throws IOException {
        // GIVEN
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "mirrored");
        try (FaultyRegistry origin = new FaultyRegistry(registry.host());
                FaultyRegistry mirror = new FaultyRegistry(registry.host())) {
            String mirrors = origin.host() + "=http://" + mirror.host();
            // WHEN
            fixture.pullWith("thaw.registry.mirror", mirrors);
            fixture.store().disk(fixture.resolve(origin.host() + "/mirrored"));
            // THEN
            then(origin.requests()).isEmpty();
            // WHEN the mirror breaks
            mirror.always(".*", FaultyRegistry.status(404));
            fixture.pullWith("thaw.registry.mirror", mirrors, "thaw.pull", "always");
            then(fixture.resolve(origin.host() + "/mirrored").digest()).isNotNull();
            then(origin.requests()).isNotEmpty();
            // WHEN both do
            origin.always(".*", FaultyRegistry.status(403));
            fixture.pullWith("thaw.registry.mirror", mirrors, "thaw.pull", "always");
            thenThrownBy(() -> fixture.resolve(origin.host() + "/mirrored"))
                    .hasMessageStartingWith("image " + origin.host() + "/mirrored:latest: registry " + origin.host()
                            + " does not let us read mirrored (status 403).")
                    .hasMessageEndingWith(" Mirrors were asked before: registry " + mirror.host()
                            + " has no tag latest in mirrored (status 404). Check name and tag");
        }
    }

    @Test
    void a_mirror_that_does_not_answer_is_asked_once() throws IOException {
        // GIVEN
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1), Tar.gzip(LAYER, 2)), "behind");
        try (FaultyRegistry mirror = new FaultyRegistry(registry.host())) {
            mirror.always(".*", FaultyRegistry.status(503));
            fixture.pullWith("thaw.registry.mirror", registry.host() + "=http://" + mirror.host());
            // WHEN
            fixture.store().disk(fixture.resolve(registry.host() + "/behind"));
            // THEN it has been asked for the first thing only, three times
            then(mirror.requests()).hasSize(3);
        }
    }

    @Test
    void an_index_with_a_signature_beside_the_image_gives_the_image() throws IOException {
        // GIVEN
        TestLayout layout = new TestLayout(fixture.folder());
        ObjectNode image = layout.image(TestLayout::asItIs, TestLayout::asItIs, List.of(Tar.gzip(LAYER, 1)));
        ObjectNode artifact = layout.image(
                TestLayout::asItIs,
                m -> ((ObjectNode) m.get("config")).put("mediaType", "application/vnd.example.signature+json"),
                List.of(Tar.gzip(LAYER, 1)));
        for (boolean said : new boolean[] {true, false}) {
            ObjectNode entry = said ? withPlatform(image.deepCopy(), "linux", "amd64") : image;
            layout.add(null, layout.index(List.of(artifact, entry)));
            ObjectNode index = layout.index(List.of(artifact, entry));
            // WHEN, THEN
            then(fixture.resolve("oci:" + layout.folder() + "@"
                                    + index.get("digest").asText())
                            .digest())
                    .hasToString(image.get("digest").asText());
        }
    }

    @Test
    void a_name_without_a_registry_can_be_led_to_a_company_s_own() throws IOException {
        // GIVEN
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "hub/redis:7");
        registry.push(TestLayout.of(fixture.temp().resolve("b"), Tar.gzip(LAYER, 2)), "quay/team/app:1");
        // WHEN
        fixture.pullWith(
                "thaw.registry.prefix", registry.host() + "/hub",
                "thaw.registry.substitute", "quay.io=" + registry.host() + "/quay");
        Image redis = fixture.resolve("redis:7");
        Image app = fixture.resolve("quay.io/team/app:1");
        // THEN
        then(redis.reference()).hasToString("redis:7");
        then(fixture.store().disk(redis).file()).exists();
        then(fixture.store().disk(app).file()).exists();
    }

    @Test
    void two_jvms_that_pull_at_once_download_once() throws Exception {
        // GIVEN a registry whose blobs take a moment, so that both want them at the same time
        byte[] layer = Tar.gzip(LAYER, 1);
        registry.push(TestLayout.of(fixture.folder(), layer), "twice");
        try (FaultyRegistry watched = new FaultyRegistry(registry.host())) {
            CountDownLatch bothResolved = new CountDownLatch(2);
            watched.always("HEAD .*", (request, exchange) -> {
                bothResolved.countDown();
                return await(bothResolved);
            });
            // WHEN
            List<Process> jvms = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                jvms.add(new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Puller.class.getName(),
                                fixture.cache().toString(),
                                watched.host() + "/twice")
                        .redirectErrorStream(true)
                        .redirectOutput(fixture.temp().resolve("jvm-" + i).toFile())
                        .start());
            }
            for (Process jvm : jvms) {
                then(jvm.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
            // THEN
            then(Files.readString(fixture.temp().resolve("jvm-0"))).contains("DISK sha256:");
            then(Files.readString(fixture.temp().resolve("jvm-1"))).contains("DISK sha256:");
            then(watched.requests("GET /v2/twice/blobs/" + Digest.sha256Of(layer)))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"head", "middle"})
    void an_interrupted_pull_ends_at_once_and_leaves_nothing(String stallsAt) throws Exception {
        thenEndsWhileStalled(stallsAt, (store, puller) -> puller.interrupt());
    }

    @ParameterizedTest
    @ValueSource(strings = {"head", "middle"})
    void a_pull_ends_at_once_when_its_store_is_closed(String stallsAt) throws Exception {
        thenEndsWhileStalled(stallsAt, (store, puller) -> store.close());
    }

    @Test
    void an_interrupted_look_up_of_a_tag_ends_at_once() throws Exception {
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "tag-stalled");
        try (FaultyRegistry stalled = new FaultyRegistry(registry.host())) {
            CountDownLatch reached = new CountDownLatch(1);
            stalled.always("HEAD .*", stall(reached, "head"));
            ImageStore store = ImageStore.open(fixture.cache());
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread puller = new Thread(() -> failure.set(
                    catchThrowable(() -> store.resolve(ImageReference.parse(stalled.host() + "/tag-stalled"), AMD64))));
            puller.start();
            then(reached.await(30, TimeUnit.SECONDS)).isTrue();
            puller.interrupt();
            puller.join(10_000);
            then(puller.isAlive()).isFalse();
            then(failure.get()).isInstanceOf(ImageException.class).hasMessageContaining("interrupted");
            store.close();
        }
    }

    @FunctionalInterface
    private interface Ending {
        void end(ImageStore store, Thread puller);
    }

    private void thenEndsWhileStalled(String stallsAt, Ending ending) throws Exception {
        // GIVEN a registry that stalls, and a store that would wait a minute for it
        byte[] content = new byte[300_000];
        new Random(2).nextBytes(content);
        byte[] layer = Tar.gzip(Tar.of(Member.file("f", content)), 1);
        registry.push(TestLayout.of(fixture.folder(), layer), "stalled");
        try (FaultyRegistry stalled = new FaultyRegistry(registry.host())) {
            CountDownLatch reached = new CountDownLatch(1);
            stalled.always("GET .*/blobs/" + Digest.sha256Of(layer), stall(reached, stallsAt));
            ImageStore store = ImageStore.open(fixture.cache());
            Image image = store.resolve(ImageReference.parse(stalled.host() + "/stalled"), AMD64);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread puller = new Thread(() -> failure.set(catchThrowable(() -> store.disk(image))));
            puller.start();
            then(reached.await(30, TimeUnit.SECONDS)).isTrue();
            // WHEN
            ending.end(store, puller);
            puller.join(10_000);
            // THEN
            then(puller.isAlive()).isFalse();
            then(failure.get()).isInstanceOf(ImageException.class).hasMessageContaining("interrupted");
            store.close();
            Awaitility.await("threads that have ended are gone")
                    .until(() -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(t -> t.getName().startsWith("thaw-")));
            then(fixture.cache().resolve("blobs/sha256").toFile().list())
                    .noneMatch(name -> name.endsWith(".tmp")
                            || name.equals(Digest.sha256Of(layer).hex()));
        }
    }

    /** Sends nothing, or a head and a part of a body, and then nothing more. */
    private static FaultyRegistry.Fault stall(CountDownLatch reached, String at) {
        return (request, exchange) -> {
            if (at.equals("middle")) {
                exchange.sendResponseHeaders(200, 1_000_000);
                exchange.getResponseBody().write(new byte[100_000]);
                exchange.getResponseBody().flush();
            }
            reached.countDown();
            return await(new CountDownLatch(1)) || at.equals("middle");
        };
    }

    private static boolean await(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
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
