// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.AMD64;
import static dev.thaw.image.StoreFixture.LAYER;
import static dev.thaw.image.testing.TestLayout.withPlatform;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pulls from a real registry, of images that skopeo pushed. */
class RegistryPullTest extends WithRegistry {
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
    void layers_come_side_by_side_three_at_a_time() throws IOException {
        // GIVEN a registry that sends no layer before three of four have been asked for
        byte[][] layers = new byte[4][];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = Tar.gzip(Tar.of(Member.file("layer-" + i, "x")), 1);
        }
        registry.push(TestLayout.of(fixture.folder(), layers), "side-by-side");
        String anyLayer = Stream.of(layers)
                .map(layer -> Digest.sha256Of(layer).toString())
                .collect(Collectors.joining("|", "GET .*/blobs/(?:", ")"));
        AtomicInteger waiting = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch three = new CountDownLatch(3);
        CountDownLatch four = new CountDownLatch(4);
        try (FaultyRegistry patient = new FaultyRegistry(registry.host())) {
            patient.always(anyLayer, (request, exchange) -> {
                most.accumulateAndGet(waiting.incrementAndGet(), Math::max);
                three.countDown();
                four.countDown();
                boolean together = await(three, 1500);
                await(four, 200); // which all would see if there were a fourth thread
                waiting.decrementAndGet();
                return !together; // sends nothing then
            });
            fixture.pullWith();
            // WHEN
            Disk disk = fixture.store().disk(fixture.resolve(patient.host() + "/side-by-side"));
            // THEN
            then(disk.file()).exists();
            then(most).hasValue(3);
            then(patient.requests(anyLayer)).hasSize(4);
        }
    }

    private static boolean await(CountDownLatch latch, int millis) {
        try {
            return latch.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
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
}
