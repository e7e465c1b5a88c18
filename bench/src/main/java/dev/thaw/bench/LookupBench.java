// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.snapshot.BakeKey;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/** Looking keys up in a store of a thousand snapshots, in a JVM that has done it before. */
final class LookupBench {
    private static final int SNAPSHOTS = 1000;
    private static final int LOOKUPS = 3000;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Path scratch;
    private final Series found = new Series();

    LookupBench(Path scratch) {
        this.scratch = scratch;
    }

    private static BakeKey key(int number) {
        return BakeKey.builder().part("image", "image" + number).build();
    }

    void run() throws IOException {
        byte[] memory = new byte[8 << 10];
        Random random = new Random(1);
        try (SnapshotStore store = SnapshotStore.open(scratch.resolve("many"), new StoreOptions(false))) {
            for (int i = 0; i < SNAPSHOTS; i++) {
                store.<IOException>findOrBake(key(i), PATIENCE, draft -> {
                    random.nextBytes(memory);
                    Files.write(draft.rawMemory(), memory);
                    Files.write(draft.deviceState(), memory);
                });
            }
            for (int i = 0; i < LOOKUPS; i++) {
                BakeKey key = key(random.nextInt(SNAPSHOTS));
                long start = System.nanoTime();
                Optional<Snapshot> snapshot = store.find(key);
                found.add(Duration.ofNanos(System.nanoTime() - start));
                if (snapshot.isEmpty()) {
                    throw new IllegalStateException("The store has lost " + key);
                }
            }
        }
    }

    double medianMillis() {
        return found.medianMillis();
    }

    void print() {
        System.out.printf(
                Locale.ROOT,
                "%nLooking up one of %d snapshots: best %.2f, median %.2f, worst %.2f ms of %d.%n",
                SNAPSHOTS,
                found.bestMillis(),
                found.medianMillis(),
                found.worstMillis(),
                LOOKUPS);
    }
}
