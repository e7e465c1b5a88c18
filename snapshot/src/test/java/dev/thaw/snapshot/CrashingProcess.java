// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.PAGE;
import static dev.thaw.snapshot.Bakes.TIMEOUT;

import dev.thaw.snapshot.testing.RandomPages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * The main class of a JVM that does anything with a store, until it is killed: {@code STORE RUNROOT SEED}. Says a line before
 * each thing that it does, and "failed" for what must not fail.
 */
final class CrashingProcess {
    private static final int KEYS = 5;
    private static final int PAGES = 200;

    private final SnapshotStore store;
    private final Leases leases;
    private final Random random;

    private CrashingProcess(SnapshotStore store, Path runRoot, long seed) {
        this.store = store;
        this.leases = store.leases(runRoot);
        this.random = new Random(seed);
    }

    public static void main(String[] arguments) {
        try (SnapshotStore store = SnapshotStore.open(Path.of(arguments[0]))) {
            CrashingProcess process = new CrashingProcess(store, Path.of(arguments[1]), Long.parseLong(arguments[2]));
            while (true) {
                process.step();
            }
        } catch (IOException | RuntimeException e) {
            e.printStackTrace();
            BakingProcess.say("failed: " + e);
        }
    }

    /** The same of each process. */
    static byte[] memory(int i) {
        byte[] memory = new RandomPages(4711).memory(PAGES * PAGE);
        return new RandomPages(i).sibling(memory, 20);
    }

    static BakeKey key(int i) {
        return BakeKey.builder().part("image", "redis").part("test", "" + i).build();
    }

    private void step() throws IOException {
        int choice = random.nextInt(8);
        BakingProcess.say("step " + choice);
        try {
            switch (choice) {
                case 0, 1 -> bake(random.nextInt(KEYS));
                case 2, 3 -> checkpoints(random.nextInt(KEYS));
                case 4 -> store.sweep(new SweepLimits(random.nextInt(3) << 20, Duration.ofDays(1)));
                case 5 -> dedup();
                case 6 -> pinOrVerify();
                default -> store.remove(key(random.nextInt(KEYS)));
            }
        } catch (LockedException e) {
            BakingProcess.say("locked");
        }
    }

    private Snapshot bake(int i) throws IOException {
        return store.findOrBake(key(i), TIMEOUT, draft -> {
            Files.write(draft.rawMemory(), memory(i));
            Files.writeString(draft.deviceState(), "devices");
        });
    }

    private void checkpoints(int i) throws IOException {
        SnapshotId id = SnapshotId.of(key(i));
        Path runFolder = leases.runRoot().resolve("vm-" + random.nextLong());
        try (Lease lease = leases.acquire(new LeaseInfo("Crash", runFolder, Optional.of(id)))) {
            Snapshot last = bake(i);
            for (int n = random.nextInt(3); n >= 0; n--) {
                byte[] content = new byte[PAGE];
                random.nextBytes(content);
                last = store.<IOException>checkpoint(last, lease, draft -> {
                    draft.writeMemory((long) random.nextInt(PAGES) * PAGE, ByteBuffer.wrap(content));
                    Files.writeString(draft.deviceState(), "later");
                });
            }
            if (store.find(last.id()).isEmpty()) {
                throw new IllegalStateException("a checkpoint with a lease is gone: " + last.id());
            }
        }
    }

    /** What another one sweeps meanwhile can't be deduped or verified. */
    private void dedup() {
        Optional<Snapshot> any = any();
        if (any.isPresent()) {
            try {
                store.dedup(any.get(), random.nextInt(4) == 0, done -> {});
            } catch (SnapshotException e) {
                BakingProcess.say("not deduped");
            }
        }
    }

    private void pinOrVerify() {
        any().ifPresent(snapshot -> {
            switch (random.nextInt(3)) {
                case 0 -> store.pin(snapshot.id());
                case 1 -> store.unpin(snapshot.id());
                default -> store.verify(snapshot);
            }
        });
    }

    private Optional<Snapshot> any() {
        List<Snapshot> all = store.list();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
    }
}
