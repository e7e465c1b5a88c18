// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.PAGE;
import static dev.thaw.snapshot.Bakes.TIMEOUT;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.RandomPages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Anything that can be done with a store, against the same with maps. */
class StoreModelTest {
    private static final SweepLimits ALL = new SweepLimits(0, Duration.ofDays(365));
    private static final int KEYS = 6;
    private static final int PAGES = 24;

    @TempDir
    Path temporary;

    private final long seed = RandomPages.seed();
    private final RandomPages random = new RandomPages(seed);
    private final List<byte[]> contents = new ArrayList<>();

    /** What a snapshot is to be. */
    private static final class Expected {
        private final Snapshot snapshot;
        private final byte[] memory;
        private final Optional<SnapshotId> parent;

        Expected(Snapshot snapshot, byte[] memory, Optional<SnapshotId> parent) {
            this.snapshot = snapshot;
            this.memory = memory;
            this.parent = parent;
        }
    }

    private final Map<SnapshotId, Expected> there = new HashMap<>();

    /** Memories that were damaged, and have not been put anew. */
    private final Set<Path> damaged = new HashSet<>();

    private final Set<SnapshotId> pins = new HashSet<>();
    private final Map<Lease, Set<SnapshotId>> held = new HashMap<>();
    private SnapshotStore store;
    private Leases leases;
    private int leaseNumber;
    private String doing = "";

    @Test
    void a_store_does_what_maps_do() throws IOException {
        run(temporary, 250);
    }

    @Tag("root")
    @Test
    void a_store_whose_memories_share_blocks_does_what_maps_do() throws IOException {
        try (LoopFileSystem disk = LoopFileSystem.xfs()) {
            run(disk.folder(), 350);
        }
    }

    @Tag("root")
    @Tag("nightly")
    @ParameterizedTest
    @CsvSource({"ext4,10000", "xfs,10000"})
    void a_store_does_what_maps_do_for_long(String kind, int operations) throws IOException {
        try (LoopFileSystem disk = LoopFileSystem.of(kind)) {
            run(disk.folder(), operations);
        }
    }

    private void run(Path folder, int operations) throws IOException {
        byte[] first = random.memory(PAGES * PAGE);
        first[0] = 1;
        contents.add(first);
        for (int i = 0; i < 3; i++) {
            contents.add(random.sibling(first, 6));
        }
        store = SnapshotStore.open(folder.resolve("store"), new StoreOptions(random.upTo(2) == 0));
        leases = store.leases(folder.resolve("run"));
        for (int i = 0; i < operations; i++) {
            step(i);
        }
        held.keySet().forEach(Lease::close);
        held.clear();
        List.copyOf(pins).forEach(store::unpin);
        pins.clear();
        sweep(ALL);
        then(there).isEmpty();
        store.close();
    }

    private void step(int number) throws IOException {
        int choice = random.upTo(14);
        doing = "-Dthaw.test.seed=" + seed + ", step " + number + ", choice " + choice;
        switch (choice) {
            case 0, 1, 2 -> bake(random.upTo(KEYS), contents.get(random.upTo(contents.size())));
            case 3, 4 -> checkpoint();
            case 5 -> lease();
            case 6 -> endLease();
            case 7 -> pinOrUnpin();
            case 8 -> dedup();
            case 9 -> damage();
            case 10 -> remove();
            case 11 -> sweep(SweepLimits.NONE);
            case 12 -> sweep(random.upTo(3) == 0 ? ALL : SweepLimits.NONE);
            default -> find();
        }
        then(store.list()).as(doing).extracting(Snapshot::id).containsExactlyInAnyOrderElementsOf(there.keySet());
    }

    private static BakeKey key(int i) {
        return BakeKey.builder().part("image", "redis").part("test", "" + i).build();
    }

    private Optional<Expected> any() {
        List<SnapshotId> ids = there.keySet().stream().sorted().toList();
        return ids.isEmpty() ? Optional.empty() : Optional.of(there.get(ids.get(random.upTo(ids.size()))));
    }

    private boolean isWhole(Expected expected) {
        return !damaged.contains(expected.snapshot.memory());
    }

    private void bake(int i, byte[] memory) throws IOException {
        Expected before = there.get(SnapshotId.of(key(i)));
        boolean kept = before != null && isWhole(before);
        Snapshot baked = store.findOrBake(key(i), TIMEOUT, draft -> {
            then(kept).as(doing).isFalse();
            Files.write(draft.rawMemory(), memory);
            Files.writeString(draft.deviceState(), "devices");
        });
        if (!kept) {
            there.put(baked.id(), new Expected(baked, memory, Optional.empty()));
            damaged.remove(baked.memory());
        }
        thenWhole(there.get(baked.id()));
    }

    private void thenWhole(Expected expected) throws IOException {
        then(Files.readAllBytes(expected.snapshot.memory())).as(doing).isEqualTo(expected.memory);
    }

    /** A look takes a damaged snapshot, and the blob, away. Others that have the blob are damaged still. */
    private void find() throws IOException {
        Optional<Expected> any = any();
        if (any.isPresent()) {
            Expected one = any.get();
            boolean verify = random.upTo(2) == 0;
            if (verify) {
                then(store.verify(one.snapshot).intact()).as(doing).isEqualTo(isWhole(one));
            } else {
                then(store.find(one.snapshot.id()).isPresent()).as(doing).isEqualTo(isWhole(one));
            }
            if (isWhole(one)) {
                thenWhole(one);
            } else {
                there.remove(one.snapshot.id());
            }
        }
    }

    private void damage() throws IOException {
        Optional<Expected> any = any();
        if (any.isPresent() && Files.exists(any.get().snapshot.memory()) && random.upTo(2) == 0) {
            Path memory = any.get().snapshot.memory();
            if (damaged.add(memory)) {
                try (RandomAccessFile file = new RandomAccessFile(memory.toFile(), "rw")) {
                    file.seek(random.upTo(PAGES * PAGE));
                    int old = file.read();
                    file.seek(file.getFilePointer() - 1);
                    file.write(old ^ 1);
                }
            }
        }
    }

    private void lease() {
        Path folder = leases.runRoot().resolve("vm-" + leaseNumber++);
        Optional<SnapshotId> of = any().map(one -> one.snapshot.id());
        Lease lease = leases.acquire(new LeaseInfo("Model", folder, of));
        held.put(lease, new HashSet<>(of.stream().toList()));
    }

    private Optional<Lease> anyLease() {
        List<Lease> all = held.keySet().stream()
                .sorted(java.util.Comparator.comparing(lease -> lease.info().runFolder()))
                .toList();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.upTo(all.size())));
    }

    private void endLease() {
        anyLease().ifPresent(lease -> {
            lease.close();
            held.remove(lease);
        });
    }

    private void checkpoint() throws IOException {
        Optional<Expected> of = any();
        Optional<Lease> lease = anyLease();
        if (of.isEmpty() || lease.isEmpty()) {
            return;
        }
        byte[] memory = of.get().memory.clone();
        byte[] pages = contents.get(random.upTo(contents.size()));
        int from = random.upTo(PAGES) * PAGE;
        int length = Math.min(memory.length - from, PAGE * (1 + random.upTo(4)));
        System.arraycopy(pages, from, memory, from, length);
        Checkpointing<IOException> writing = draft -> {
            draft.writeMemory(from, ByteBuffer.wrap(pages, from, length));
            Files.writeString(draft.deviceState(), "devices of " + doing);
        };
        if (!isWhole(of.get())) {
            thenThrownBy(() -> store.checkpoint(of.get().snapshot, lease.get(), writing))
                    .as(doing)
                    .isInstanceOf(SnapshotException.class);
            return;
        }
        Snapshot taken = store.checkpoint(of.get().snapshot, lease.get(), writing);
        Expected expected =
                new Expected(taken, memory, Optional.of(of.get().snapshot.id()));
        there.put(taken.id(), expected);
        damaged.remove(taken.memory());
        held.get(lease.get()).add(taken.id());
        thenWhole(expected);
    }

    private void pinOrUnpin() {
        any().map(one -> one.snapshot.id()).ifPresent(id -> {
            if (pins.remove(id)) {
                then(store.unpin(id)).as(doing).isTrue();
            } else {
                pins.add(id);
                store.pin(id);
            }
        });
    }

    private void dedup() throws IOException {
        Optional<Expected> any = any();
        if (any.isPresent() && Files.exists(any.get().snapshot.memory())) {
            try {
                store.dedup(any.get().snapshot, random.upTo(3) == 0, done -> {});
            } catch (SnapshotException e) {
                // The sibling's memory may have been thrown away, as it was damaged.
                then(e).as(doing).hasRootCauseInstanceOf(java.nio.file.NoSuchFileException.class);
            }
            if (isWhole(any.get())) {
                thenWhole(any.get());
            }
        }
    }

    private boolean isHeld(SnapshotId id) {
        return pins.contains(id) || held.values().stream().anyMatch(ids -> ids.contains(id));
    }

    private void remove() {
        any().map(one -> one.snapshot.id()).ifPresent(id -> {
            if (isHeld(id)) {
                thenThrownBy(() -> store.remove(id)).as(doing).isInstanceOf(LockedException.class);
            } else {
                then(store.remove(id)).as(doing).isTrue();
                there.remove(id);
                forgetWhatIsGone();
            }
        });
    }

    /** Without limits only checkpoints that nobody holds go; each after its heirs. */
    private void sweep(SweepLimits limits) {
        store.sweep(limits);
        boolean gone = true;
        while (gone) {
            Set<SnapshotId> parents = new HashSet<>();
            there.values().forEach(one -> one.parent.ifPresent(parents::add));
            gone = there.values()
                    .removeIf(one -> !isHeld(one.snapshot.id())
                            && !parents.contains(one.snapshot.id())
                            && (one.parent.isPresent() || limits.maxBytes() == 0));
        }
        forgetWhatIsGone();
    }

    /** A blob that goes with its last snapshot is whole when it is put again. */
    private void forgetWhatIsGone() {
        Set<Path> memories = new HashSet<>();
        there.values().forEach(one -> memories.add(one.snapshot.memory()));
        damaged.retainAll(memories);
    }
}
