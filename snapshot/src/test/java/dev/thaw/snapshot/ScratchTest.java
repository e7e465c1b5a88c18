// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.PAGE;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.snapshot.disk.Sha256;
import dev.thaw.snapshot.testing.LoopFileSystem;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scratch disks: settled with the memory, copied for machines, and settled again with a checkpoint. */
class ScratchTest {
    private static final long DISK_BYTES = 4L << 30;
    private static final long FAR = DISK_BYTES - PAGE;

    @TempDir
    private Path temporary;

    private static byte[] page(String text) {
        return Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), PAGE);
    }

    private static void write(Path file, long offset, byte... bytes) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(offset);
            out.write(bytes);
        }
    }

    private static String read(Path file, long offset) throws IOException {
        byte[] bytes = new byte[PAGE];
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(offset);
            in.readFully(bytes);
        }
        return new String(bytes, StandardCharsets.US_ASCII).replace("\0", "");
    }

    private static void bake(Draft draft, long diskBytes) throws IOException {
        Files.write(draft.rawMemory(), page("memory"));
        Files.writeString(draft.deviceState(), "devices");
        try (RandomAccessFile disk = new RandomAccessFile(draft.rawScratch().toFile(), "rw")) {
            disk.setLength(diskBytes);
        }
        write(draft.rawScratch(), 0, page("first"));
        write(draft.rawScratch(), diskBytes - PAGE, page("last"));
    }

    private static Snapshot bake(SnapshotStore store) throws IOException {
        return store.<IOException>findOrBake(key("disk"), Duration.ofSeconds(10), draft -> bake(draft, DISK_BYTES));
    }

    private static Path scratch(Snapshot snapshot) {
        return snapshot.path(SnapshotFile.SCRATCH).orElseThrow();
    }

    private Leases leases(SnapshotStore store) {
        return store.leases(temporary.resolve("run"));
    }

    private static Lease lease(Leases leases, Snapshot snapshot) {
        return leases.acquire(new LeaseInfo("Test", leases.runRoot().resolve("1"), Optional.of(snapshot.id())));
    }

    @Test
    void a_disk_of_a_terabyte_is_settled_with_its_holes() throws IOException {
        long bytes = 1L << 40;
        SnapshotStore store = SnapshotStore.open(temporary.resolve("store"));
        Snapshot snapshot =
                store.<IOException>findOrBake(key("large"), Duration.ofSeconds(10), draft -> bake(draft, bytes));
        then(scratch(snapshot)).hasSize(bytes);
        then(read(scratch(snapshot), 0)).isEqualTo("first");
        then(read(scratch(snapshot), bytes - PAGE)).isEqualTo("last");
        then(store.usage(List.of(snapshot))
                        .snapshots()
                        .get(0)
                        .blocks()
                        .allocatedBytes()
                        .orElseThrow())
                .isLessThan(1 << 20);
    }

    @Test
    void a_snapshot_without_a_disk_has_no_copies_of_it() throws IOException {
        SnapshotStore store = SnapshotStore.open(temporary.resolve("store"));
        Snapshot snapshot = Bakes.bake(store, key("redis"));
        try (Lease lease = lease(leases(store), snapshot)) {
            then(lease.scratch(snapshot)).isEmpty();
            then(temporary.resolve("store/instances")).isEmptyDirectory();
        }
    }

    @Test
    void without_clones_a_copy_is_an_overlay_s_place_and_goes_with_its_lease() throws IOException {
        SnapshotStore store = SnapshotStore.open(temporary.resolve("store"));
        Snapshot snapshot = bake(store);
        Lease lease = lease(leases(store), snapshot);
        ScratchInstance copy = lease.scratch(snapshot).orElseThrow();
        then(copy.base()).contains(scratch(snapshot));
        then(copy.file()).doesNotExist();
        then(copy.file().getParent().getParent()).isEqualTo(store.folder().resolve("instances"));
        Files.writeString(copy.file(), "overlay");
        // WHEN
        lease.close();
        // THEN
        then(temporary.resolve("store/instances")).isEmptyDirectory();
        then(temporary.resolve("store/leases")).isEmptyDirectory();
        thenThrownBy(() -> lease.scratch(snapshot)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_copy_stays_with_a_lease_that_had_to_be_written_anew() throws IOException {
        SnapshotStore store = SnapshotStore.open(temporary.resolve("store"));
        Snapshot snapshot = bake(store);
        try (Lease lease = lease(leases(store), snapshot)) {
            Path copy = lease.scratch(snapshot).orElseThrow().file();
            // WHEN there is no room for more lines several times
            for (int i = 0; i < 2 * LeaseRecord.MAX_LINES; i++) {
                SnapshotId checkpoint = new SnapshotId(Sha256.of(new byte[] {(byte) i, (byte) (i >> 8)}));
                lease.use(checkpoint);
                lease.release(checkpoint);
            }
            store.sweep(SweepLimits.NONE);
            // THEN
            then(copy.getParent()).exists();
            then(temporary.resolve("store/leases").toFile().list()).hasSize(1);
        }
        then(temporary.resolve("store/instances")).isEmptyDirectory();
    }

    @Test
    void what_a_dead_process_left_goes_with_its_lease_and_what_belongs_to_no_lease_when_the_store_is_opened()
            throws IOException {
        // GIVEN
        SnapshotStore store = SnapshotStore.open(temporary.resolve("store"));
        Path dead = Files.createDirectory(store.folder().resolve("instances/99999999-0-x"));
        Files.writeString(dead.resolve("scratch"), "overlay");
        String header = LeaseRecord.header(
                99999999, new LeaseInfo("OrdersTest", leases(store).runRoot().resolve("vm-1"), Optional.empty()));
        Path lease = Files.writeString(store.folder().resolve("leases/99999999-0-x.2.lease"), header);
        Path orphan = Files.createDirectory(store.folder().resolve("instances/99999998-0-y"));
        // WHEN THEN
        SnapshotStore again = SnapshotStore.open(temporary.resolve("store"));
        then(orphan).doesNotExist();
        then(dead).exists();
        // AND WHEN THEN
        leases(again).reapDead();
        then(dead).doesNotExist();
        then(lease).doesNotExist();
    }

    @Test
    void a_checkpoint_has_what_was_written_over_its_parent_s_disk() throws IOException {
        SnapshotStore store = SnapshotStore.open(temporary.resolve("store"));
        Snapshot parent = bake(store);
        try (Lease lease = lease(leases(store), parent)) {
            Snapshot checkpoint = store.<IOException>checkpoint(parent, lease, draft -> {
                Files.writeString(draft.deviceState(), "later devices");
                draft.writeScratch(1 << 20, ByteBuffer.wrap(page("new")));
                draft.writeScratch(PAGE, ByteBuffer.wrap(page("")));
                draft.zeroScratch(FAR, PAGE);
                draft.zeroScratch(2L << 30, 1L << 30);
            });
            Path disk = scratch(checkpoint);
            then(disk).hasSize(DISK_BYTES).isNotEqualTo(scratch(parent));
            then(read(disk, 0)).isEqualTo("first");
            then(read(disk, 1 << 20)).isEqualTo("new");
            then(read(disk, FAR)).isEmpty();
            then(read(scratch(parent), FAR)).isEqualTo("last");
            then(store.verify(checkpoint).problems()).isEmpty();
            then(store.verify(parent).problems()).isEmpty();
        }
    }

    @Test
    void a_checkpoint_whose_disk_nobody_touched_shares_it_with_its_parent() throws IOException {
        SnapshotStore store = SnapshotStore.open(temporary.resolve("store"));
        Snapshot parent = bake(store);
        try (Lease lease = lease(leases(store), parent)) {
            Snapshot checkpoint = store.<IOException>checkpoint(
                    parent, lease, draft -> Files.writeString(draft.deviceState(), "later devices"));
            then(scratch(checkpoint)).isEqualTo(scratch(parent));
        }
    }

    @Test
    void what_are_no_whole_pages_of_the_disk_is_refused() throws IOException {
        SnapshotStore store = SnapshotStore.open(temporary.resolve("store"));
        Snapshot parent = bake(store);
        try (Lease lease = lease(leases(store), parent)) {
            for (long offset : new long[] {-PAGE, 1, DISK_BYTES, Long.MAX_VALUE - PAGE + 1}) {
                thenThrownBy(() -> store.<IOException>checkpoint(
                                parent, lease, draft -> draft.writeScratch(offset, ByteBuffer.allocate(PAGE))))
                        .isInstanceOf(IllegalArgumentException.class);
                thenThrownBy(() ->
                                store.<IOException>checkpoint(parent, lease, draft -> draft.zeroScratch(offset, PAGE)))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            thenThrownBy(() ->
                            store.<IOException>checkpoint(parent, lease, draft -> draft.cloneScratch(scratch(parent))))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Tag("root")
    @Test
    void with_clones_a_copy_is_a_clone_and_so_is_the_disk_of_a_checkpoint() throws IOException {
        try (LoopFileSystem disk = LoopFileSystem.xfs()) {
            SnapshotStore store = SnapshotStore.open(disk.folder().resolve("store"));
            Snapshot parent = bake(store);
            try (Lease lease = lease(leases(store), parent)) {
                ScratchInstance copy = lease.scratch(parent).orElseThrow();
                then(copy.base()).isEmpty();
                write(copy.file(), PAGE, page("mine"));
                then(read(copy.file(), 0)).isEqualTo("first");
                // WHEN
                Snapshot checkpoint = store.<IOException>checkpoint(parent, lease, draft -> {
                    Files.writeString(draft.deviceState(), "later devices");
                    draft.cloneScratch(copy.file());
                });
                write(copy.file(), PAGE, page("later"));
                // THEN
                then(read(scratch(checkpoint), PAGE)).isEqualTo("mine");
                then(read(scratch(parent), PAGE)).isEmpty();
                then(store.verify(checkpoint).problems()).isEmpty();
                then(store.verify(parent).problems()).isEmpty();
                // AND WHEN THEN one that forgets its disk is none
                thenThrownBy(() -> store.<IOException>checkpoint(
                                parent, lease, draft -> Files.writeString(draft.deviceState(), "devices")))
                        .isInstanceOf(SnapshotException.class)
                        .hasMessageContaining("the checkpoint has no scratch disk, and its parent has one");
            }
            then(disk.folder().resolve("store/instances")).isEmptyDirectory();
        }
    }
}
