// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.TIMEOUT;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.RandomPages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The store on a disk whose power fails: what the file system had not written to its device is gone. */
@Tag("root")
class PowerCutTest {
    private static final SweepLimits ALL = new SweepLimits(0, Duration.ofDays(365));
    private static final int RANDOM_CUTS = 12;

    private final long seed = RandomPages.seed();
    private final RandomPages pages = new RandomPages(seed);

    /** What the snapshots' memories have to be. */
    private final Map<SnapshotId, byte[]> expected = new ConcurrentHashMap<>();

    /** Those whose publication was over, and that nobody has removed or begun to. */
    private final Set<SnapshotId> published = ConcurrentHashMap.newKeySet();

    private LoopFileSystem outer;
    private LoopFileSystem disk;

    @BeforeEach
    void mount() throws IOException {
        outer = LoopFileSystem.outer();
    }

    @AfterEach
    void unmount() throws IOException {
        LoopFileSystem inner = disk;
        try (LoopFileSystem whole = outer) {
            if (inner != null) {
                inner.close();
            }
            then(whole.folder()).exists();
        }
    }

    private void cut(String when) {
        Set<SnapshotId> needed = new HashSet<>(published);
        try (LoopFileSystem left = disk.afterPowerCut();
                SnapshotStore store = SnapshotStore.open(left.folder().resolve("store"))) {
            needed.retainAll(published); // what was removed until the cut, on a busy machine, need not be there
            String run = "-Dthaw.test.seed=" + seed + ", power cut " + when;
            then(store.list()).as(run).extracting(Snapshot::id).containsAll(needed);
            for (Snapshot snapshot : store.list()) {
                then(store.verify(snapshot).problems()).as(run).isEmpty();
                if (expected.containsKey(snapshot.id())) {
                    then(Files.readAllBytes(snapshot.memory())).as(run).isEqualTo(expected.get(snapshot.id()));
                }
            }
            then(store.folder().resolve("drafts")).as(run).isEmptyDirectory();
            then(store.folder().resolve("trash")).as(run).isEmptyDirectory();
            store.sweep(SweepLimits.NONE);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Snapshot bake(SnapshotStore store, String name, byte[] memory) throws IOException {
        expected.put(SnapshotId.of(key(name)), memory);
        Snapshot baked = store.findOrBake(key(name), TIMEOUT, draft -> {
            Files.write(draft.rawMemory(), memory);
            Files.writeString(draft.deviceState(), "devices of " + name);
        });
        published.add(baked.id());
        return baked;
    }

    private Snapshot checkpoint(SnapshotStore store, Snapshot of, Lease lease) throws IOException {
        byte[] memory = Files.readAllBytes(of.memory());
        memory[8 * 4096] ^= 1;
        Snapshot taken = store.<IOException>checkpoint(of, lease, draft -> {
            draft.writeMemory(8 * 4096, ByteBuffer.wrap(memory, 8 * 4096, 4096));
            Files.writeString(draft.deviceState(), "later");
        });
        expected.put(taken.id(), memory);
        published.add(taken.id());
        return taken;
    }

    /** Siblings with the same image, so that each is deduped with the one before. */
    private void work(SnapshotStore store, String suffix, byte[] memory) throws IOException {
        Path runRoot = outer.folder().resolve("run");
        Leases leases = store.leases(runRoot);
        Snapshot first = bake(store, "redis" + suffix, memory);
        LeaseInfo info = new LeaseInfo("Test", leases.runRoot().resolve("1"), Optional.of(first.id()));
        try (Lease lease = leases.acquire(info)) {
            Snapshot between = checkpoint(store, first, lease);
            Snapshot second = checkpoint(store, between, lease);
            store.dedup(second, false, done -> {});
            store.pin(first.id());
            bake(store, "nginx" + suffix, pages.sibling(memory, 9));
            published.retainAll(Set.of(first.id(), between.id(), second.id())); // not those of earlier rounds either
            store.sweep(ALL);
        }
        published.retainAll(Set.of(first.id()));
        store.sweep(ALL);
        store.unpin(first.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void whatever_step_the_power_fails_after_all_that_is_listed_is_whole(String kind) throws IOException {
        disk = outer.inner(kind);
        byte[] memory = pages.memory(64 * 4096);
        try (SnapshotStore store = SnapshotStore.open(disk.folder().resolve("store"), StoreOptions.DEFAULT, step -> {
            cut("after " + step);
        })) {
            work(store, "", memory);
            cut("after all");
        }
    }

    /** Without observers: no step waits for the cut. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs"})
    void whenever_the_power_fails_all_that_is_listed_is_whole(String kind) throws Exception {
        disk = outer.inner(kind);
        Random random = new Random(seed);
        byte[] memory = pages.memory(256 * 4096);
        try (SnapshotStore store = SnapshotStore.open(disk.folder().resolve("store"))) {
            Worker worker = new Worker(store, memory);
            worker.start();
            try {
                for (int i = 0; i < RANDOM_CUTS; i++) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(60)));
                    cut("number " + i);
                }
            } finally {
                worker.end();
            }
        }
    }

    private final class Worker extends Thread {
        private final SnapshotStore store;
        private final byte[] memory;
        private volatile boolean over;
        private volatile Throwable failure;

        Worker(SnapshotStore store, byte[] memory) {
            super("work on the disk");
            this.store = store;
            this.memory = memory;
        }

        @Override
        public void run() {
            try {
                for (int i = 0; !over; i++) {
                    work(store, " " + i, pages.sibling(memory, 30));
                }
            } catch (IOException | RuntimeException | Error e) {
                failure = e;
            }
        }

        void end() throws InterruptedException {
            over = true;
            join(TIMEOUT.toMillis());
            then(failure).as("-Dthaw.test.seed=%d", seed).isNull();
        }
    }
}
