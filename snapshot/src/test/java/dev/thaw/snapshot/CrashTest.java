// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import dev.thaw.locks.LockAttempt;
import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.RandomPages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JVMs that do anything with one store, several at once, and are killed whenever it comes. */
@Tag("root")
class CrashTest {
    private static final SweepLimits ALL = new SweepLimits(0, Duration.ZERO);
    private static final int AT_ONCE = 3;
    private static final Set<String> STAYING = Set.of("store.lock", "sweep.lock");

    private final long seed = RandomPages.seed();
    private final Random random = new Random(seed);

    @ParameterizedTest
    @CsvSource({"xfs,8", "ext4,7"})
    void killed_processes_leave_a_store_that_works_and_nothing_that_stays(String kind, int kills) throws Exception {
        killAndCheck(kind, kills);
    }

    @Tag("nightly")
    @ParameterizedTest
    @ValueSource(strings = {"xfs", "ext4"})
    void a_hundred_killed_processes_leave_a_store_that_works(String kind) throws Exception {
        killAndCheck(kind, 100);
    }

    private void killAndCheck(String kind, int kills) throws Exception {
        try (LoopFileSystem disk = LoopFileSystem.of(kind)) {
            Path folder = disk.folder().resolve("store");
            Path runRoot = disk.folder().resolve("run");
            for (int left = kills; left > 0; ) {
                int batch = Math.min(left, 12);
                kill(batch, folder, runRoot);
                left -= batch;
                thenAllIsWhole(folder, runRoot);
            }
        }
    }

    private void kill(int kills, Path folder, Path runRoot) throws Exception {
        List<ForkedJvm> jvms = new ArrayList<>();
        try {
            for (int i = 0; i < kills; i++) {
                while (jvms.size() < Math.min(AT_ONCE, kills - i)) {
                    jvms.add(start(folder, runRoot));
                }
                ForkedJvm victim = jvms.remove(random.nextInt(jvms.size()));
                try (victim) {
                    for (int lines = 1 + random.nextInt(20); lines > 0; lines--) {
                        then(victim.line()).as("-Dthaw.test.seed=%d", seed).doesNotStartWith("failed");
                    }
                    LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(30_000)));
                }
            }
        } finally {
            jvms.forEach(ForkedJvm::close);
        }
    }

    private ForkedJvm start(Path folder, Path runRoot) throws IOException {
        return ForkedJvm.start(
                CrashingProcess.class, folder.toString(), runRoot.toString(), Long.toString(random.nextLong()));
    }

    private void thenAllIsWhole(Path folder, Path runRoot) throws IOException {
        try (SnapshotStore store = SnapshotStore.open(folder)) {
            store.leases(runRoot).reapDead();
            for (Snapshot snapshot : store.list()) {
                then(store.verify(snapshot).problems())
                        .as("-Dthaw.test.seed=%d", seed)
                        .isEmpty();
                if (snapshot.manifest().parent().isEmpty()) {
                    int i = Integer.parseInt(snapshot.key().parts().get("test"));
                    then(Files.readAllBytes(snapshot.memory())).isEqualTo(CrashingProcess.memory(i));
                }
                store.unpin(snapshot.id());
            }
            for (Path lock : files(folder.resolve("locks"))) {
                LockAttempt attempt = FileLocks.attempt(lock);
                then(attempt).as("%s", lock).isInstanceOf(HeldLock.class);
                ((HeldLock) attempt).close();
            }
            unpinAll(store);
            then(store.sweep(ALL).keptBytes()).isZero();
            then(store.list()).isEmpty();
            then(files(folder))
                    .as("-Dthaw.test.seed=%d", seed)
                    .filteredOn(file -> !STAYING.contains(file.getFileName().toString()))
                    // Cleared after ten minutes: nobody can tell whose they are.
                    .filteredOn(file -> !file.getFileName().toString().startsWith("clone-probe-"))
                    .isEmpty();
        }
    }

    /** Also of what has been removed since, by hand. */
    private static void unpinAll(SnapshotStore store) throws IOException {
        for (Path pin : files(store.folder().resolve("pins"))) {
            store.unpin(new SnapshotId(pin.getFileName().toString()));
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
