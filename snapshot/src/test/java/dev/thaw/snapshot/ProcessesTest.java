// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.TIMEOUT;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several JVMs, and several threads of one, that share a store. */
class ProcessesTest {
    @TempDir
    Path temporary;

    private Path storeFolder() {
        return temporary.resolve("store");
    }

    @Test
    void two_jvms_bake_once() throws Exception {
        try (ForkedJvm one = ForkedJvm.start(BakingProcess.class, storeFolder().toString());
                ForkedJvm two =
                        ForkedJvm.start(BakingProcess.class, storeFolder().toString())) {
            then(one.line()).isEqualTo("ready");
            then(two.line()).isEqualTo("ready");
            one.go();
            two.go();

            String first = one.line() + two.line();

            // THEN whoever was first was baking, and the other never did
            if (first.startsWith("baking")) {
                then(first).isEqualTo("bakingdone");
                then(one.line()).isEqualTo("done");
            } else {
                then(first).isEqualTo("donebaking");
                then(two.line()).isEqualTo("done");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            names = {"DRAFT_CREATED", "BAKED", "MEMORY_SETTLED", "BLOBS_PUT", "PUBLISHED"})
    void a_jvm_killed_while_it_bakes_leaves_a_store_that_works(Step step) throws Exception {
        try (ForkedJvm jvm = ForkedJvm.start(BakingProcess.class, storeFolder().toString(), step.name())) {
            then(jvm.line()).isEqualTo("ready");
            jvm.go();
            for (String line = jvm.line(); !line.equals("reached"); line = jvm.line()) {
                then(line).isEqualTo("baking");
            }
            jvm.kill();
        }
        try (SnapshotStore store = SnapshotStore.open(storeFolder())) {
            // THEN there is the whole snapshot or none, and nothing else
            boolean published = step == Step.PUBLISHED;
            then(store.find(key("redis")).isPresent()).isEqualTo(published);
            then(filesIn("drafts")).isEmpty();
            then(filesIn("snapshots")).hasSize(published ? 1 : 0);
            Snapshot snapshot = Bakes.bake(store, key("redis"));
            then(store.verify(snapshot).intact()).isTrue();
            then(filesIn("trash")).isEmpty();
        }
    }

    private List<Path> filesIn(String folder) throws IOException {
        try (Stream<Path> files = Files.list(storeFolder().resolve(folder))) {
            return files.toList();
        }
    }

    @Test
    void a_draft_of_a_jvm_that_lives_is_not_swept_and_the_waiting_are_told_who_bakes() throws Exception {
        try (ForkedJvm jvm = ForkedJvm.start(BakingProcess.class, storeFolder().toString(), Step.BAKED.name())) {
            jvm.line();
            jvm.go();
            then(jvm.line()).isEqualTo("baking");
            then(jvm.line()).isEqualTo("reached");

            try (SnapshotStore store = SnapshotStore.open(storeFolder())) {
                assertThatThrownBy(() -> store.findOrBake(key("redis"), Duration.ofMillis(50), Bakes::notAgain))
                        .isInstanceOf(LockedException.class)
                        .hasMessageMatching("Snapshot [0-9a-f]{12} is held by another, who did not let go for 0 s\\. "
                                + "Its holder: process " + jvm.pid() + ", thread 'main', baking since 2\\S+Z\\. "
                                + "Wait for it, or end it\\. Lock file: .*/locks/[0-9a-f]{64}\\.lock");
                then(filesIn("drafts")).hasSize(1);
                then(store.find(key("redis"))).isEmpty();

                jvm.go();
                then(jvm.line()).isEqualTo("done");
                then(store.findOrBake(key("redis"), TIMEOUT, Bakes::notAgain)).isNotNull();
            }
        }
    }

    @RepeatedTest(5)
    void threads_with_stores_of_their_own_bake_each_key_once() throws Exception {
        List<SnapshotStore> stores = List.of(
                SnapshotStore.open(storeFolder()),
                SnapshotStore.open(storeFolder()),
                SnapshotStore.open(storeFolder()));
        AtomicInteger bakes = new AtomicInteger();
        int keys = 4;
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Snapshot>> work = new ArrayList<>();
            for (int i = 0; i < 48; i++) {
                SnapshotStore store = stores.get(i % stores.size());
                BakeKey key = key("image " + i % keys);
                work.add(() -> store.findOrBake(key, TIMEOUT, draft -> {
                    bakes.incrementAndGet();
                    Bakes.small(draft);
                }));
            }
            for (Future<Snapshot> done : threads.invokeAll(work, TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                then(stores.get(0).find(done.get().key())).contains(done.get());
            }
        } finally {
            threads.shutdownNow();
        }
        then(bakes).hasValue(keys);
        then(filesIn("drafts")).isEmpty();
    }

    @RepeatedTest(5)
    void threads_that_bake_damage_verify_and_remove_never_see_half_a_snapshot() throws Exception {
        SnapshotStore one = SnapshotStore.open(storeFolder());
        SnapshotStore two = SnapshotStore.open(storeFolder());
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                SnapshotStore store = i % 2 == 0 ? one : two;
                int choice = i % 5;
                work.add(() -> {
                    Snapshot snapshot = Bakes.bake(store, key("redis"));
                    then(snapshot.manifest().file(SnapshotFile.MEMORY).lengthBytes())
                            .isEqualTo(262_144);
                    switch (choice) {
                        case 0 -> store.remove(key("redis"));
                        case 1 -> Files.deleteIfExists(snapshot.deviceState());
                        case 2 ->
                            store.find(key("redis"))
                                    .ifPresent(found -> then(found.key()).isEqualTo(key("redis")));
                        default -> then(store.list()).hasSizeLessThan(2);
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(work, TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        then(one.verify(Bakes.bake(two, key("redis"))).intact()).isTrue();
        then(filesIn("drafts")).isEmpty();
        then(filesIn("trash")).isEmpty();
    }
}
