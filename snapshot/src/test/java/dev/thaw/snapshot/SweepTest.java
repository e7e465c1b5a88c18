// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.TIMEOUT;
import static dev.thaw.snapshot.Bakes.bake;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import dev.thaw.snapshot.disk.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SweepTest {
    private static final SweepLimits ALL = new SweepLimits(0, Duration.ofDays(365));

    @TempDir
    Path temporary;

    private SnapshotStore store;

    @BeforeEach
    void open() {
        store = SnapshotStore.open(temporary.resolve("store"));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(store.folder())) {
            return files.filter(Files::isRegularFile)
                    .map(file -> store.folder().relativize(file).toString())
                    .filter(file -> !file.startsWith("locks/"))
                    .sorted()
                    .toList();
        }
    }

    private static void bakeWith(SnapshotStore store, String name, Path disk) throws IOException {
        store.findOrBake(key(name), TIMEOUT, draft -> {
            Bakes.small(draft);
            draft.refer(SnapshotFile.DISK, disk, Sha256.of(disk));
        });
    }

    @Test
    void a_sweep_without_limits_keeps_every_snapshot_and_removes_what_nothing_refers_to() throws IOException {
        // GIVEN a snapshot, and what crashes leave: a blob without a manifest, its seal, something half written
        Snapshot kept = bake(store, key("redis"));
        Path orphan = Files.writeString(store.folder().resolve("blobs/" + "a".repeat(64)), "left over");
        Path seal = Files.writeString(store.folder().resolve("sparse/" + "b".repeat(64) + ".seal"), "thaw-seal 1");
        Path half = Files.writeString(store.folder().resolve("chunks/" + "c".repeat(64) + ".x.tmp"), "ha");

        // WHEN
        SweepReport report = store.sweep(SweepLimits.NONE);

        // THEN
        then(report.removed()).isEmpty();
        then(report.blobs()).isEqualTo(1);
        then(orphan).doesNotExist();
        then(seal).doesNotExist();
        then(half).doesNotExist();
        then(store.find(key("redis"))).contains(kept);
        then(store.sweep(SweepLimits.NONE)).isEqualTo(new SweepReport(List.of(), 0, 0, report.keptBytes()));
    }

    private interface Removal {
        void run(SnapshotStore store);
    }

    static Stream<Named<Removal>> removals() {
        return Stream.of(
                Named.of("sweep", store -> store.sweep(SweepLimits.NONE)),
                Named.of("remove", store -> store.remove(key("other"))));
    }

    @ParameterizedTest
    @MethodSource("removals")
    void what_is_baked_again_after_manifests_were_read_keeps_its_files(Removal removal) throws IOException {
        bake(store, key("redis"));
        SnapshotStore removing = SnapshotStore.open(store.folder(), StoreOptions.DEFAULT, step -> {
            if (step == Step.LISTED) {
                store.remove(key("redis"));
                bakeOther();
            }
        });

        removal.run(removing);

        Snapshot again = store.find(key("redis")).orElseThrow();
        then(store.verify(again).problems()).isEmpty();
    }

    /** Another content of the same key. */
    private void bakeOther() {
        try {
            store.findOrBake(key("redis"), TIMEOUT, draft -> {
                Bakes.memory(draft.rawMemory(), 64, 4, 2);
                Files.writeString(draft.deviceState(), "other devices");
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void the_least_recently_used_snapshot_goes_with_all_that_only_it_had() throws IOException {
        Path disk = Files.writeString(temporary.resolve("disk"), "shared by both");
        bakeWith(store, "old", disk);
        bakeWith(store, "new", disk);
        Files.setLastModifiedTime(
                new StoreFolder(store.folder()).use(SnapshotId.of(key("old"))),
                FileTime.from(Instant.now().minus(Duration.ofDays(2))));

        SweepReport report =
                store.sweep(new SweepLimits(store.sweep(SweepLimits.NONE).keptBytes() - 1, Duration.ofDays(365)));

        then(report.removed()).extracting(Snapshot::key).containsExactly(key("old"));
        then(store.find(key("old"))).isEmpty();
        Snapshot kept = store.find(key("new")).orElseThrow();
        then(kept.path(SnapshotFile.DISK).orElseThrow()).hasContent("shared by both");
        then(disk).hasContent("shared by both");
    }

    @Test
    void the_last_snapshot_leaves_nothing_behind() throws IOException {
        bakeWith(store, "redis", Files.writeString(temporary.resolve("disk"), "disk"));

        SweepReport report = store.sweep(ALL);

        then(report.keptBytes()).isZero();
        then(report.freedBytes()).isPositive();
        then(files()).isEmpty();
    }

    @Test
    void what_a_lease_uses_and_what_is_pinned_stays() throws IOException {
        bake(store, key("leased"));
        bake(store, key("pinned"));
        bake(store, key("used later"));
        bake(store, key("free"));
        store.pin(SnapshotId.of(key("pinned")));
        Leases leases = store.leases(temporary.resolve("run"));
        LeaseInfo info =
                new LeaseInfo("Test", leases.runRoot().resolve("1"), Optional.of(SnapshotId.of(key("leased"))));

        try (Lease lease = leases.acquire(info)) {
            lease.use(SnapshotId.of(key("used later")));

            then(store.sweep(ALL).removed()).extracting(Snapshot::key).containsExactly(key("free"));
        }
        then(store.sweep(ALL).removed())
                .extracting(Snapshot::key)
                .containsExactlyInAnyOrder(key("leased"), key("used later"));
        then(store.unpin(SnapshotId.of(key("pinned")))).isTrue();
        then(store.unpin(SnapshotId.of(key("pinned")))).isFalse();
        then(store.sweep(ALL).removed()).extracting(Snapshot::key).containsExactly(key("pinned"));
    }

    @Test
    void a_pinned_snapshot_is_not_removed_by_hand_either() throws IOException {
        bake(store, key("redis"));
        SnapshotId id = SnapshotId.of(key("redis"));
        store.pin(id);

        thenThrownBy(() -> store.remove(id))
                .isInstanceOf(LockedException.class)
                .hasMessage("Snapshot " + id.abbreviated() + " is pinned, and can't be removed. Unpin it first");
        then(store.find(id)).isPresent();
    }

    @Test
    void removing_a_snapshot_leaves_what_another_one_has_too() throws IOException {
        Path disk = Files.writeString(temporary.resolve("disk"), "disk");
        bakeWith(store, "one", disk);
        bakeWith(store, "two", disk);

        then(store.remove(key("one"))).isTrue();

        then(store.verify(store.find(key("two")).orElseThrow()).intact()).isTrue();
        then(store.remove(key("two"))).isTrue();
        then(files()).isEmpty();
    }

    @Test
    void manifests_of_other_versions_go() throws IOException {
        Snapshot old = bake(store, key("redis"));
        Files.writeString(Bakes.manifest(old), "{\"format\": \"thaw-snapshot\", \"version\": 1}");
        Files.createDirectories(store.folder().resolve("snapshots/" + "d".repeat(64)));

        store.sweep(SweepLimits.NONE);

        then(files()).isEmpty();
        then(store.folder().resolve("snapshots")).isEmptyDirectory();
    }

    @Test
    void nothing_is_removed_while_another_version_of_thaw_uses_the_store() throws IOException {
        Snapshot snapshot = bake(store, key("redis"));
        Path file = store.folder().resolve("leases/1-1-x.lease");
        try (HeldLock lock = (HeldLock) FileLocks.attempt(file)) {
            lock.replace("{\"format\":\"thaw-lease\",\"version\":99}\n");

            thenThrownBy(() -> store.remove(snapshot.id()))
                    .isInstanceOf(LockedException.class)
                    .hasMessage("Snapshot " + snapshot.id().abbreviated() + " may be in use by another version of Thaw,"
                            + " whose leases can't be read here, and can't be removed: [" + file + "]");
            then(store.removeIfUnused(snapshot.id())).isFalse();
        }
        then(store.remove(snapshot.id())).isTrue();
    }

    @Test
    void a_sweep_removes_lock_files_of_snapshots_that_are_not_there_unless_somebody_has_them() throws IOException {
        Snapshot snapshot = bake(store, key("redis"));
        StoreFolder folder = new StoreFolder(store.folder());
        Path kept = folder.lock(snapshot.id());
        Path held = folder.lock(SnapshotId.of(key("being baked")));
        Path orphan = Files.createFile(folder.lock(SnapshotId.of(key("gone"))));
        Path other = Files.createFile(folder.locks().resolve("other.lock"));
        try (HeldLock lock = (HeldLock) FileLocks.attempt(held)) {
            store.sweep(SweepLimits.NONE);

            then(lock.content()).isEmpty();
            then(List.of(kept, held, other)).allMatch(Files::exists);
            then(orphan).doesNotExist();
        }
        store.sweep(SweepLimits.NONE);
        then(held).doesNotExist();
        store.remove(snapshot.id());
        then(kept).doesNotExist();
    }

    @Test
    void nothing_is_swept_while_another_version_of_thaw_uses_the_store() throws IOException {
        // GIVEN a lease that somebody holds and this version can't read
        bake(store, key("redis"));
        Path file = store.folder().resolve("leases/1-1-x.lease");
        try (HeldLock lock = (HeldLock) FileLocks.attempt(file)) {
            lock.replace("{\"format\":\"thaw-lease\",\"version\":99}\n");

            then(store.sweep(ALL).removed()).isEmpty();
        }
        Files.delete(file);
        then(store.sweep(ALL).removed()).hasSize(1);
    }
}
