// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** Bakes without a machine: files of the kind that an engine writes. */
final class Bakes {
    static final Duration TIMEOUT = Duration.ofSeconds(30);
    static final int PAGE = 4096;

    private Bakes() {}

    static BakeKey key(String name) {
        return BakeKey.builder().part("image", name).part("memory", "512m").build();
    }

    /** A memory of 64 pages, every fourth of them in use, and a small device state. */
    static void small(Draft draft) throws IOException {
        memory(draft.rawMemory(), 64, 4, 1);
        Files.writeString(draft.deviceState(), "devices of " + draft.key().sha256());
    }

    /** A file of that many pages, of which each {@code step}th has content. */
    static void memory(Path file, int pages, int step, long seed) throws IOException {
        Random random = new Random(seed);
        byte[] page = new byte[PAGE];
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength((long) pages * PAGE);
            for (int i = 0; i < pages; i += step) {
                random.nextBytes(page);
                out.seek((long) i * PAGE);
                out.write(page);
            }
        }
    }

    /** Where a snapshot's manifest is. */
    static Path manifest(Snapshot snapshot) {
        return new StoreFolder(snapshot.store()).manifest(snapshot.id());
    }

    static Snapshot bake(SnapshotStore store, BakeKey key) throws IOException {
        return store.findOrBake(key, TIMEOUT, Bakes::small);
    }

    /** Fails the test that calls it: the snapshot has to be there. */
    static void notAgain(Draft draft) {
        fail("baked again: %s", draft.key());
    }
}
