// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.snapshot.BakeKey;
import dev.thaw.snapshot.DedupReport;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Postgres snapshots that differ in a database's name. Dedup, with what it syncs, against {@code cmp} and {@code cp
 * --reflink}, which do not sync; cmp compares with an equal copy, as it would end at the first difference.
 */
final class DedupBench {
    private static final int SNAPSHOTS = 5;
    private static final int RUNS = 9;

    private final Path images;
    private final Path scratch;
    private final Series ours = new Series();
    private final Series peer = new Series();
    private final List<Long> ownBytes = new ArrayList<>();
    private DedupReport last;

    DedupBench(Path images, Path scratch) {
        this.images = images;
        this.scratch = scratch;
    }

    void run() throws Exception {
        Snapshot first = bake(0, false);
        Snapshot second = bake(1, false);
        FileBlocks blocks = FileBlocks.probe(scratch);
        ownBytes.add(blocks.allocation(first.memory()).allocatedBytes());
        compare(first, second);
        ownBytes.add(blocks.allocation(second.memory()).privateBytes());
        for (int i = 2; i < SNAPSHOTS; i++) {
            ownBytes.add(blocks.allocation(bake(i, true).memory()).privateBytes());
        }
    }

    private Snapshot bake(int number, boolean autoDedup) throws IOException {
        VmSpec spec = new Service.Postgres(images).spec().env("POSTGRES_DB", "orders" + number);
        try (SnapshotStore store = StoreBench.store(scratch);
                Thaw thaw = Thaw.open(StoreBench.config(scratch, autoDedup))) {
            Set<BakeKey> before = keys(store);
            thaw.bake(spec);
            return store.list().stream()
                    .filter(snapshot -> !before.contains(snapshot.key()))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Set<BakeKey> keys(SnapshotStore store) {
        Set<BakeKey> keys = new HashSet<>();
        store.list().forEach(snapshot -> keys.add(snapshot.key()));
        return keys;
    }

    /** Each run begins with the second one's memory as the bake wrote it, in the page cache. */
    private void compare(Snapshot first, Snapshot second) throws IOException, InterruptedException {
        Path original = scratch.resolve("original");
        Path equal = scratch.resolve("equal");
        copy(second.memory(), original);
        copy(first.memory(), equal);
        try (SnapshotStore store = StoreBench.store(scratch)) {
            for (int i = 0; i < RUNS; i++) {
                copy(original, second.memory());
                require(store.verify(second).intact()); // reads it, and seals it again
                Tool.run(scratch, List.of("sync", "-f", scratch.toString()));
                long start = System.nanoTime();
                last = store.dedup(second, false, done -> {});
                ours.add(Duration.ofNanos(System.nanoTime() - start));
                Path clone = scratch.resolve("clone");
                peer.add(Tool.run(scratch, List.of("cmp", first.memory().toString(), equal.toString()))
                        .time()
                        .plus(Tool.run(
                                        scratch,
                                        List.of(
                                                "cp",
                                                "--reflink=always",
                                                first.memory().toString(),
                                                clone.toString()))
                                .time()));
                Files.delete(clone);
            }
        }
        Files.delete(original);
        Files.delete(equal);
    }

    private static void require(boolean intact) {
        if (!intact) {
            throw new IllegalStateException("The copy is not what the bake wrote.");
        }
    }

    private void copy(Path from, Path to) throws IOException, InterruptedException {
        Path temporary = scratch.resolve("copy");
        Tool.run(scratch, List.of("cp", "--reflink=never", "--sparse=always", from.toString(), temporary.toString()));
        Tool.run(scratch, List.of("mv", "-f", temporary.toString(), to.toString()));
    }

    /** Of throughputs, both of the whole file. */
    double ratio() {
        return peer.medianMillis() / ours.medianMillis();
    }

    /** What the second to the last snapshot's memories take on average, as a share of the first one's. */
    double siblingShare() {
        return ownBytes.stream().skip(1).mapToLong(Long::longValue).average().orElseThrow() / ownBytes.get(0);
    }

    void print() {
        Table.head();
        Table.row("dedup of 512 MiB, synced", ours);
        Table.row("cmp of equal files, cp --reflink", peer);
        double gigabytes = last.apparentBytes() / 1e9;
        System.out.printf(
                Locale.ROOT,
                "%nDedup: %.2f GB/s, the peer %.2f GB/s of apparent bytes; %d pages compared, %d moved, %d written, %d"
                        + " punched; %d runs, taking turns.%n",
                gigabytes / ours.medianMillis() * 1000,
                gigabytes / peer.medianMillis() * 1000,
                last.pages().compared(),
                last.pages().moved(),
                last.pages().written(),
                last.pages().punched(),
                RUNS);
        System.out.printf(
                "Bytes that the memories of %d Postgres snapshots take of their own: %s%n", SNAPSHOTS, ownBytes);
    }
}
