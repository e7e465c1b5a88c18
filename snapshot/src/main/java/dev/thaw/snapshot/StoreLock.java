// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import dev.thaw.locks.LockTimeoutException;
import dev.thaw.locks.SharedLock;
import java.io.IOException;
import java.time.Duration;

/**
 * Keeps removal and use apart. Whoever makes something refer to a part of the store (a manifest to blobs, a lease to a
 * snapshot) shares it; whoever removes what nothing refers to has it alone. Neither reads or writes much meanwhile, so nobody
 * waits for long.
 */
final class StoreLock {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final StoreFolder store;

    StoreLock(StoreFolder store) {
        this.store = store;
    }

    /** What is done while the lock is held. */
    interface Action<T> {
        T run() throws IOException;
    }

    /** Nothing is removed while this runs. */
    <T> T sharing(Action<T> action) throws IOException {
        SharedLock lock = locked(() -> FileLocks.share(store.storeLock(), PATIENCE));
        try (lock) {
            return action.run();
        }
    }

    /**
     * Nothing new refers to anything while this runs.
     *
     * @param doing what it does, for others' messages
     */
    <T> T alone(String doing, Action<T> action) throws IOException {
        HeldLock lock = locked(() -> FileLocks.lock(store.storeLock(), PATIENCE));
        try (lock) {
            lock.describe(doing);
            try {
                return action.run();
            } finally {
                lock.forget();
            }
        }
    }

    private interface Locking<T> {
        T lock() throws IOException, InterruptedException;
    }

    private <T> T locked(Locking<T> locking) throws IOException {
        try {
            return locking.lock();
        } catch (LockTimeoutException e) {
            throw new LockedException(
                    "The store " + store.root() + " is locked by another, who did not let go for "
                            + PATIENCE.toSeconds()
                            + " s. " + e.holder() + " Wait for it, or end it. Lock file: "
                            + store.storeLock(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SnapshotException("Interrupted while waiting for the lock of the store " + store.root(), e);
        }
    }
}
