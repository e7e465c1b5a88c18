// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.AMD64;
import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.image.testing.FaultyRegistry;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TestLayout;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pulls that are ended while a registry stalls. */
class RegistryEndingTest extends WithRegistry {
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

    @Test
    void a_store_that_is_closed_leaves_no_threads() throws Exception {
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1)), "threads");
        ImageStore store = ImageStore.open(fixture.cache());
        store.disk(store.resolve(ImageReference.parse(registry.host() + "/threads"), AMD64));
        then(threads()).anyMatch(name -> name.startsWith("thaw-http"));
        store.close();
        awaitThatAllThreadsAreGone();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    void a_pull_ends_as_interrupted_whenever_its_store_is_closed(int request) throws Exception {
        // GIVEN a store that is closed when a registry has been asked so many times
        registry.push(TestLayout.of(fixture.folder(), Tar.gzip(LAYER, 1), Tar.gzip(LAYER, 2)), "any-time");
        ImageStore store = ImageStore.open(fixture.cache());
        AtomicInteger asked = new AtomicInteger();
        try (FaultyRegistry closing = new FaultyRegistry(registry.host())) {
            closing.always(".*", (ignored, exchange) -> {
                if (asked.incrementAndGet() == request) {
                    store.close();
                }
                return false;
            });
            // WHEN
            ImageReference reference = ImageReference.parse(closing.host() + "/any-time");
            Throwable failure = catchThrowable(() -> store.disk(store.resolve(reference, AMD64)));
            // THEN
            if (asked.get() >= request) {
                then(failure).isInstanceOf(ImageException.class).hasMessageContaining("interrupted");
                then(Thread.interrupted()).isTrue();
            } else {
                then(failure).isNull(); // it needs no more requests than that
            }
            store.close();
            awaitThatAllThreadsAreGone();
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
            awaitThatAllThreadsAreGone();
            then(fixture.cache().resolve("blobs/sha256").toFile().list())
                    .noneMatch(name -> name.endsWith(".tmp")
                            || name.equals(Digest.sha256Of(layer).hex()));
        }
    }

    /** Ours, and from JDK 21 on those of its clients; before, the garbage collector ends these. */
    private static void awaitThatAllThreadsAreGone() {
        String pattern = Runtime.version().feature() < 21 ? "thaw-.*" : "thaw-.*|HttpClient-.*";
        Awaitility.await("threads that have ended are gone")
                .until(() -> threads().stream().noneMatch(name -> name.matches(pattern)));
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
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
}
