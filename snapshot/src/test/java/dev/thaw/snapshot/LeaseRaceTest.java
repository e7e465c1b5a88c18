// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.PAGE;
import static dev.thaw.snapshot.Bakes.TIMEOUT;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.testing.RandomPages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps that keep nothing, against threads that use what they have leases for. */
class LeaseRaceTest {
    private static final SweepLimits NOTHING = new SweepLimits(0, Duration.ZERO);
    private static final int KEYS = 3;
    private static final int PAGES = 40;
    private static final byte[] MEMORY = new RandomPages(1).memory(PAGES * PAGE);

    @TempDir
    Path temporary;

    private final long seed = RandomPages.seed();

    @RepeatedTest(3)
    void whoever_had_a_lease_before_the_look_never_loses_a_file() throws Exception {
        race(8);
    }

    @Tag("nightly")
    @RepeatedTest(50)
    void whoever_had_a_lease_before_the_look_never_loses_a_file_however_often() throws Exception {
        race(25);
    }

    private void race(int rounds) throws Exception {
        SnapshotStore one = SnapshotStore.open(temporary.resolve("store"));
        SnapshotStore two = SnapshotStore.open(temporary.resolve("store"));
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                Random random = new Random(seed + i);
                SnapshotStore store = i % 2 == 0 ? one : two;
                Callable<Void> use = () -> {
                    for (int n = 0; n < rounds; n++) {
                        use(store, random);
                    }
                    return null;
                };
                Callable<Void> sweep = () -> {
                    for (int n = 0; n < rounds * 10; n++) {
                        store.sweep(NOTHING);
                    }
                    return null;
                };
                all.add(threads.submit(i < 2 ? sweep : use));
            }
            for (Future<Void> done : all) {
                done.get(120, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        then(one.sweep(NOTHING).keptBytes()).isZero();
        then(one.list()).isEmpty();
        one.close();
        two.close();
    }

    private void use(SnapshotStore store, Random random) throws IOException {
        BakeKey key = BakeKey.builder()
                .part("image", "redis")
                .part("test", "" + random.nextInt(KEYS))
                .build();
        Leases leases = store.leases(temporary.resolve("run"));
        LeaseInfo info = new LeaseInfo(
                "Race", leases.runRoot().resolve("vm-" + random.nextLong()), Optional.of(SnapshotId.of(key)));
        try (Lease lease = leases.acquire(info)) {
            Optional<Snapshot> found = store.find(key);
            Snapshot snapshot = found.isPresent() ? found.get() : store.findOrBake(key, TIMEOUT, LeaseRaceTest::bake);
            thenWhole(store, snapshot);
            byte[] page = new byte[PAGE];
            random.nextBytes(page);
            Snapshot checkpoint = store.<IOException>checkpoint(snapshot, lease, draft -> {
                draft.writeMemory((long) random.nextInt(PAGES) * PAGE, ByteBuffer.wrap(page));
                Files.writeString(draft.deviceState(), "later");
            });
            store.dedup(checkpoint, false, done -> {});
            thenWhole(store, checkpoint);
            thenWhole(store, snapshot);
        }
    }

    private static void bake(Draft draft) throws IOException {
        Files.write(draft.rawMemory(), MEMORY);
        Files.writeString(draft.deviceState(), "devices of " + draft.key().sha256());
    }

    private void thenWhole(SnapshotStore store, Snapshot snapshot) {
        then(store.find(snapshot.id())).as("-Dthaw.test.seed=%d", seed).contains(snapshot);
        then(store.verify(snapshot).problems()).as("-Dthaw.test.seed=%d", seed).isEmpty();
    }
}
