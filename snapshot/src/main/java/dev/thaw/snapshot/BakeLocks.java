// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import dev.thaw.locks.LockTimeoutException;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes bake locks: one per snapshot, with a line about the holder for those who wait in vain. */
final class BakeLocks {
    private static final Logger LOG = LoggerFactory.getLogger(BakeLocks.class);

    private final StoreFolder store;

    BakeLocks(StoreFolder store) {
        this.store = store;
    }

    /** Without waiting; empty if another thread or process has it. */
    Optional<BakeLock> attempt(SnapshotId id) throws IOException {
        return FileLocks.attempt(store.lock(id)) instanceof HeldLock lock
                ? Optional.of(new BakeLock(lock))
                : Optional.empty();
    }

    /**
     * Waits for the lock.
     *
     * @param doing what the holder does with it, for others' messages
     */
    BakeLock lock(SnapshotId id, Duration timeout, String doing) {
        try {
            HeldLock held = FileLocks.lock(store.lock(id), timeout);
            BakeLock lock = new BakeLock(held);
            held.describe(doing);
            return lock;
        } catch (LockTimeoutException e) {
            throw new LockedException(
                    "Snapshot " + id.abbreviated() + " is held by another, who did not let go for "
                            + timeout.toSeconds() + " s. " + e.holder()
                            + " Wait for it, or end it. Lock file: " + store.lock(id),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SnapshotException("Interrupted while waiting for the lock of snapshot " + id.abbreviated(), e);
        } catch (IOException e) {
            throw Failures.explain(store, "Can't lock snapshot " + id.abbreviated(), e);
        }
    }

    /** Removes the files of locks that nobody has, of snapshots that are not there. Whoever waits for one takes a new one. */
    void sweep() throws IOException {
        for (Path file : PrivateFiles.list(store.locks())) {
            Optional<SnapshotId> id = store.lockedBy(file);
            if (id.isPresent() && !isThere(id.get())) {
                sweep(file, id.get());
            }
        }
    }

    private void sweep(Path file, SnapshotId id) throws IOException {
        try {
            if (FileLocks.attemptExisting(file) instanceof HeldLock lock) {
                try (lock) {
                    // With the lock nobody can bake it.
                    if (!isThere(id)) {
                        lock.delete();
                    }
                }
            }
        } catch (NoSuchFileException e) {
            LOG.debug("{} is gone already", file);
        }
    }

    private boolean isThere(SnapshotId id) {
        return Files.exists(store.manifest(id), LinkOption.NOFOLLOW_LINKS);
    }
}
