// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.TIMEOUT;
import static dev.thaw.snapshot.Bakes.bake;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.disk.Sha256;
import dev.thaw.snapshot.testing.LoopFileSystem;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InventoryTest {
    private static final long MIB = 1 << 20;
    private static final Duration YEAR = Duration.ofDays(365);

    @TempDir
    Path temporary;

    private SnapshotStore open() {
        return SnapshotStore.open(temporary.resolve("store"), new StoreOptions(false));
    }

    private static Map<SnapshotId, SnapshotStatus> status(SnapshotStore store) {
        return store.status().stream()
                .collect(Collectors.toMap(status -> status.snapshot().id(), Function.identity()));
    }

    private static Snapshot bakeWith(SnapshotStore store, String name, Path disk) throws IOException {
        return store.findOrBake(key(name), TIMEOUT, draft -> {
            Bakes.memory(draft.rawMemory(), 64, 4, name.hashCode());
            Files.writeString(draft.deviceState(), "devices of " + name);
            draft.refer(SnapshotFile.DISK, disk, Sha256.of(disk));
        });
    }

    private static List<String> files(SnapshotStore store) throws IOException {
        try (Stream<Path> files = Files.walk(store.folder())) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    @Test
    void status_tells_who_and_what_keeps_a_snapshot() throws IOException {
        try (SnapshotStore store = open()) {
            Snapshot pinned = bake(store, key("pinned"));
            Snapshot used = bake(store, key("used"));
            store.pin(pinned.id());
            Leases leases = store.leases(temporary.resolve("run"));
            LeaseInfo info = new LeaseInfo("CounterTest", leases.runRoot().resolve("1"), Optional.of(used.id()));

            try (Lease lease = leases.acquire(info)) {
                then(lease.info()).isEqualTo(info);
                Map<SnapshotId, SnapshotStatus> status = status(store);

                then(status).containsOnlyKeys(pinned.id(), used.id());
                then(status.get(pinned.id()).pinned()).isTrue();
                then(status.get(pinned.id()).users()).isEmpty();
                then(status.get(used.id()).pinned()).isFalse();
                then(status.get(used.id()).users())
                        .containsExactly(
                                new SnapshotStatus.User(ProcessHandle.current().pid(), "CounterTest"));
                then(status.get(used.id()).lastUse())
                        .isAfterOrEqualTo(used.manifest().created());
            }
            then(status(store).get(used.id()).users()).isEmpty();
        }
    }

    @Test
    void own_bytes_leave_out_what_another_snapshot_has_too() throws IOException {
        try (SnapshotStore store = open()) {
            Path disk = Files.write(temporary.resolve("disk"), new byte[10_000]);
            Snapshot one = bakeWith(store, "one", disk);
            then(status(store).get(one.id()).ownBytes())
                    .isEqualTo(16 * Bakes.PAGE + "devices of one".length() + 10_000);

            bakeWith(store, "two", disk);

            then(status(store).get(one.id()).ownBytes()).isEqualTo(16 * Bakes.PAGE + "devices of one".length());
        }
    }

    @Test
    void a_planned_sweep_tells_what_a_sweep_then_does_and_changes_nothing() throws IOException {
        try (SnapshotStore store = open()) {
            bake(store, key("one"));
            bake(store, key("two"));
            Files.writeString(store.folder().resolve("blobs/" + "a".repeat(64)), "left over");
            Files.writeString(store.folder().resolve("snapshots/" + "d".repeat(64) + ".json"), "{");
            List<String> before = files(store);
            SweepLimits limits = new SweepLimits(0, Duration.ofDays(365));

            SweepReport planned = store.planSweep(limits);

            then(files(store)).isEqualTo(before);
            then(planned.removed()).hasSize(2);
            then(planned).isEqualTo(store.sweep(limits));
        }
    }

    @Test
    void damaged_manifests_are_told_and_those_of_other_versions_are_not() throws IOException {
        try (SnapshotStore store = open()) {
            Path cut = Bakes.manifest(bake(store, key("cut")));
            Files.writeString(cut, "{");
            Files.writeString(
                    Bakes.manifest(bake(store, key("old"))), "{\"format\": \"thaw-snapshot\", \"version\": 1}");
            Path copy = store.folder().resolve("snapshots/" + "e".repeat(64) + ".json");
            Files.copy(Bakes.manifest(bake(store, key("right"))), copy);
            Path stray = Files.writeString(store.folder().resolve("snapshots/stray"), "x");

            then(store.damagedManifests())
                    .hasSize(3)
                    .anySatisfy(problem -> then(problem).startsWith(cut + ": "))
                    .contains(copy + " holds another snapshot, " + SnapshotId.of(key("right")))
                    .contains(stray + " is not the manifest of a snapshot");
        }
    }

    @Test
    void a_verification_tells_how_far_it_is() throws IOException {
        try (SnapshotStore store = open()) {
            Snapshot snapshot = bake(store, key("redis"));
            List<Double> told = new ArrayList<>();

            then(store.verify(snapshot, told::add).intact()).isTrue();

            then(told).isSorted().hasSizeGreaterThan(2).allMatch(done -> done > 0 && done <= 1);
            then(told.get(told.size() - 1)).isEqualTo(1.0);
        }
    }

    @Test
    void usage_of_a_snapshot_whose_file_is_gone_counts_the_others() throws IOException {
        try (SnapshotStore store = open()) {
            Snapshot snapshot = bake(store, key("redis"));
            Files.delete(snapshot.memory());

            DiskUsage usage = store.usage(List.of(snapshot));

            then(usage.reason()).isEmpty();
            then(usage.allocatedBytes().orElseThrow()).isLessThanOrEqualTo(Bakes.PAGE);
            then(store.usage(List.of())).isEqualTo(new DiskUsage(List.of(), 0, OptionalLong.of(0), ""));
        }
    }

    @Tag("root")
    @ParameterizedTest
    @ValueSource(strings = {"xfs", "btrfs"})
    void blocks_that_clones_share_count_once_in_the_sum(String kind) throws IOException {
        try (LoopFileSystem disk = LoopFileSystem.of(kind);
                SnapshotStore store = SnapshotStore.open(disk.folder().resolve("store"), new StoreOptions(false))) {
            // GIVEN three that differ in one page of 8 MiB
            List<Snapshot> snapshots = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                snapshots.add(bakeAlike(store, i));
            }
            long apart = store.usage(snapshots).allocatedBytes().orElseThrow();
            then(apart).isBetween(24 * MIB, 24 * MIB + 65536);

            // WHEN
            snapshots.forEach(snapshot -> store.dedup(snapshot, false, done -> {}));

            // THEN each has all its blocks, and together they have them once
            DiskUsage usage = store.usage(snapshots);
            then(usage.reason()).isEmpty();
            then(usage.apparentBytes()).isBetween(48 * MIB, 48 * MIB + 4096);
            then(usage.allocatedBytes().orElseThrow()).isBetween(8 * MIB, 8 * MIB + 262144);
            then(usage.snapshots()).allSatisfy(of -> {
                then(of.blocks().allocatedBytes().orElseThrow()).isBetween(8 * MIB, 8 * MIB + 65536);
                then(of.blocks().sharedBytes().orElseThrow()).isBetween(8 * MIB - 131072, 8 * MIB);
            });
        }
    }

    @Tag("root")
    @ParameterizedTest
    @ValueSource(strings = {"xfs", "btrfs"})
    void limits_of_a_sweep_count_blocks_that_siblings_shared_until_they_went(String kind) throws IOException {
        try (LoopFileSystem disk = LoopFileSystem.of(kind);
                SnapshotStore store = SnapshotStore.open(disk.folder().resolve("store"), new StoreOptions(false))) {
            // GIVEN three that share all but a page of 8 MiB, of which the one that wrote it all goes
            List<Snapshot> snapshots = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                snapshots.add(bakeAlike(store, i));
            }
            snapshots.forEach(snapshot -> store.dedup(snapshot, false, done -> {}));
            SweepReport all = store.sweep(SweepLimits.NONE);
            then(all.keptBytes())
                    .isEqualTo(store.usage(store.list()).allocatedBytes().orElseThrow());

            // WHEN it is told what would stay of them, the oldest going first
            for (int left = 2; left > 0; left--) {
                store.remove(snapshots.remove(0).id());

                // THEN what is left counts with all its blocks
                long keptBytes = store.sweep(SweepLimits.NONE).keptBytes();
                then(keptBytes).isBetween(8 * MIB, all.keptBytes());
                then(keptBytes)
                        .isEqualTo(store.usage(store.list()).allocatedBytes().orElseThrow());
                then(store.planSweep(new SweepLimits(keptBytes, YEAR)).removed())
                        .isEmpty();
                then(store.planSweep(new SweepLimits(8 * MIB - 1, YEAR)).removed())
                        .hasSize(left);
            }
        }
    }

    private static Snapshot bakeAlike(SnapshotStore store, int number) throws IOException {
        BakeKey key = BakeKey.builder()
                .part("image", "redis")
                .part("env", Integer.toString(number))
                .build();
        return store.findOrBake(key, TIMEOUT, draft -> {
            Bakes.memory(draft.rawMemory(), 4096, 1, 1);
            try (RandomAccessFile memory =
                    new RandomAccessFile(draft.rawMemory().toFile(), "rw")) {
                memory.seek(8 * MIB);
                memory.write(new byte[(int) (8 * MIB)]); // half of it is zeros
                memory.seek(40L * Bakes.PAGE);
                memory.writeLong(number);
            }
            Files.writeString(draft.deviceState(), "devices " + number);
        });
    }
}
