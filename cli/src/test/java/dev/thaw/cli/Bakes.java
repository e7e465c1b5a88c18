// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import dev.thaw.snapshot.BakeKey;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** Bakes without a machine: files of the kind that an engine writes. */
final class Bakes {
    static final int PAGE = 4096;
    /** The memory of all of them. */
    static final int PAGES = 4096;

    private static final String DIGEST = "sha256:" + "ab".repeat(32);

    private Bakes() {}

    /** What differs between siblings is their environment. */
    static BakeKey key(String password) {
        return BakeKey.builder()
                .part("image", DIGEST)
                .part("memory-bytes", Integer.toString(PAGES * PAGE))
                .part("argv", "[\"redis-server\",\"--save\",\"\"]")
                .part("env", "{\"PASSWORD\":\"" + password + "\",\"TZ\":\"UTC\"}")
                .build();
    }

    /** A quarter of its memory is in use; that of siblings differs in 16 pages. */
    static Snapshot bake(SnapshotStore store, String name, String password) throws IOException {
        return store.findOrBake(key(password), Duration.ofSeconds(30), draft -> {
            memory(draft.rawMemory(), password.hashCode());
            Files.writeString(draft.deviceState(), "devices of " + password);
            draft.note("name", name);
            draft.note("coldBootMillis", "2465");
        });
    }

    private static void memory(Path file, long seed) throws IOException {
        Random common = new Random(1);
        Random own = new Random(seed);
        byte[] page = new byte[PAGE];
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength((long) PAGES * PAGE);
            for (int i = 0; i < PAGES / 4; i++) {
                (i % 64 == 0 ? own : common).nextBytes(page);
                out.seek((long) i * PAGE);
                out.write(page);
            }
        }
    }
}
