// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.PAGE;
import static dev.thaw.snapshot.Bakes.TIMEOUT;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.RandomPages;
import dev.thaw.snapshot.testing.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each thing that a store does, on a disk with so and so much room, from nothing to enough. */
@Tag("root")
class FullDiskStepsTest {
    private static final int PAGES = 32;
    private static final byte[] MEMORY = memory();

    private LoopFileSystem disk;
    private SnapshotStore store;
    private Leases leases;
    private Snapshot first;
    private Snapshot second;
    private Lease lease;

    /** All of it data, so that it takes the room that it seems to. */
    private static byte[] memory() {
        byte[] memory = new byte[PAGES * PAGE];
        new java.util.Random(1).nextBytes(memory);
        return memory;
    }

    private enum Deed {
        BAKE,
        CHECKPOINT,
        DEDUP,
        SWEEP,
        PIN,
        LEASE,
        USE,
        VERIFY,
        REMOVE,
        OPEN
    }

    private void mount(String kind) throws IOException {
        disk = kind.equals("xfs") ? LoopFileSystem.xfs() : LoopFileSystem.ext4(16L << 20);
        store = SnapshotStore.open(disk.folder().resolve("store"), new StoreOptions(false));
        leases = store.leases(disk.folder().resolve("run"));
        first = bake("first", MEMORY);
        second = bake("second", new RandomPages(2).sibling(MEMORY, 8));
        LeaseInfo info = new LeaseInfo("Test", leases.runRoot().resolve("1"), Optional.of(first.id()));
        lease = leases.acquire(info);
        lease.use(second.id());
    }

    @AfterEach
    void unmount() throws IOException {
        if (disk != null) {
            try (LoopFileSystem mounted = disk) {
                lease.close();
                then(mounted.folder()).exists();
            }
        }
    }

    private static BakeKey key(String name) {
        return BakeKey.builder().part("image", "redis").part("test", name).build();
    }

    private Snapshot bake(String name, byte[] memory) throws IOException {
        return store.findOrBake(key(name), TIMEOUT, draft -> {
            try {
                Files.write(draft.rawMemory(), memory);
                Files.write(draft.deviceState(), Arrays.copyOf(memory, 20_000));
            } catch (IOException e) {
                throw Failures.explain(new StoreFolder(store.folder()), "The engine can't write", e);
            }
        });
    }

    private void doIt(Deed deed) throws IOException {
        switch (deed) {
            case BAKE -> bake("third", new RandomPages(3).sibling(MEMORY, 2));
            case CHECKPOINT ->
                store.<RuntimeException>checkpoint(first, lease, draft -> {
                    try {
                        draft.writeMemory(0, ByteBuffer.wrap(new RandomPages(4).sibling(MEMORY, 2)));
                        Files.write(draft.deviceState(), Arrays.copyOf(MEMORY, 30_000));
                    } catch (IOException e) {
                        throw Failures.explain(new StoreFolder(store.folder()), "The engine can't write", e);
                    }
                });
            case DEDUP -> store.dedup(second, false, done -> {});
            case SWEEP -> store.sweep(SweepLimits.NONE);
            case PIN -> store.pin(first.id());
            case LEASE ->
                leases.acquire(new LeaseInfo("More", leases.runRoot().resolve("2"), Optional.empty()))
                        .close();
            case USE -> lease.use(second.id());
            case VERIFY -> then(store.verify(first).problems()).isEmpty();
            case REMOVE -> store.remove(key("nothing"));
            case OPEN -> SnapshotStore.open(store.folder()).close();
        }
    }

    private void undo(Deed deed) {
        switch (deed) {
            case BAKE -> store.remove(key("third"));
            case PIN -> store.unpin(first.id());
            default -> then(deed).isNotNull();
        }
    }

    /** Those that make room, or read, work on a full disk, too. */
    private static boolean mustWork(Deed deed) {
        return deed == Deed.SWEEP || deed == Deed.VERIFY || deed == Deed.OPEN;
    }

    /** Steps of the room that is left, in bytes; XFS keeps some for itself that it does not count. */
    @ParameterizedTest
    @CsvSource({"ext4,4096,40", "xfs,32768,14"})
    void whatever_room_there_is_all_goes_well_or_fails_with_numbers_and_leaves_nothing(String kind, int step, int steps)
            throws IOException {
        mount(kind);
        for (Deed deed : Deed.values()) {
            boolean worked = false;
            for (int i = 0; i < steps && !worked; i++) {
                worked = tryWith((long) i * step, deed);
            }
            doIt(deed);
            undo(deed);
        }
    }

    private boolean tryWith(long roomBytes, Deed deed) throws IOException {
        List<String> before = files();
        Path filler = fillUp(roomBytes);
        String when = deed + " with " + roomBytes + " bytes of room";
        boolean worked = false;
        try {
            doIt(deed);
            worked = true;
        } catch (SnapshotException e) {
            then(mustWork(deed)).as(when + ": " + e).isFalse();
            then(e.getMessage()).as(when).containsPattern("\\d+ bytes are free in the file system of ");
        } finally {
            Files.delete(filler);
            Tools.run("sync", "-f", disk.folder().toString());
        }
        if (!worked) {
            then(files()).as(when).isEqualTo(before);
        }
        then(store.list()).as(when).contains(first, second);
        then(store.verify(first).problems()).as(when).isEmpty();
        then(store.verify(second).problems()).as(when).isEmpty();
        return worked;
    }

    /** Without lock files, which stay, and notes about when something was used. */
    private List<String> files() throws IOException {
        Path root = store.folder();
        try (Stream<Path> all = Files.walk(root)) {
            return all.map(file -> root.relativize(file).toString())
                    .filter(file -> !file.startsWith("locks/") && !file.startsWith("uses/"))
                    .sorted()
                    .toList();
        }
    }

    private Path fillUp(long butBytes) throws IOException {
        Path filler = disk.folder().resolve("filler");
        byte[] ones = new byte[PAGE];
        Arrays.fill(ones, (byte) 1);
        Tools.run("sync", "-f", disk.folder().toString());
        long free = Files.getFileStore(disk.folder()).getUsableSpace();
        try (RandomAccessFile file = new RandomAccessFile(filler.toFile(), "rw")) {
            // In blocks of 4 KiB at the end; the bulk at once.
            long bulk = Math.max(0, free - (1 << 20)) / PAGE * PAGE;
            if (bulk > 0) {
                Tools.run("fallocate", "-l", Long.toString(bulk), filler.toString());
            }
            long at = bulk;
            try {
                for (file.seek(at); ; at += PAGE) {
                    file.write(ones);
                }
            } catch (IOException full) {
                then(full).hasMessageContaining("No space left");
            }
            file.setLength(Math.max(0, at - butBytes));
        }
        Tools.run("sync", "-f", disk.folder().toString());
        return filler;
    }

    @ParameterizedTest
    @CsvSource({"ext4", "xfs"})
    void on_a_full_disk_a_sweep_makes_room(String kind) throws IOException {
        mount(kind);
        lease.close();
        Path filler = fillUp(0);

        then(store.sweep(new SweepLimits(0, Duration.ofDays(1))).removed()).hasSize(2);
        Files.delete(filler);
        lease = leases.acquire(new LeaseInfo("More", leases.runRoot().resolve("2"), Optional.empty()));
    }
}
