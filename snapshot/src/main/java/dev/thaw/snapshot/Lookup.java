// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds snapshots that can be used, and throws away those that can't. Thread-safe. */
final class Lookup {
    private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);

    /** Locks are held for long by bakes only, and what is being baked can't be removed. */
    static final Duration REMOVAL_LOCK_TIMEOUT = Duration.ofSeconds(5);

    private final StoreFolder store;
    private final Shelf shelf;
    private final BakeLocks locks;
    private final Trash trash;
    private final StoreLock storeLock;

    Lookup(StoreFolder store, Shelf shelf, BakeLocks locks, Trash trash, StoreLock storeLock) {
        this.store = store;
        this.shelf = shelf;
        this.locks = locks;
        this.trash = trash;
        this.storeLock = storeLock;
    }

    /** What is damaged is removed, unless somebody else has its lock. */
    Optional<Snapshot> find(SnapshotId id) throws IOException {
        Look look = shelf.look(id);
        if (!(look instanceof Look.Damaged)) {
            return usable(id, look);
        }
        // Something is to be changed, for which the bake lock is needed. Who has it sees to it itself.
        Optional<BakeLock> attempt = locks.attempt(id);
        if (attempt.isEmpty()) {
            return Optional.empty();
        }
        BakeLock lock = attempt.get();
        try {
            return findLocked(id);
        } finally {
            lock.close();
        }
    }

    /** The common case, in which nothing has to be changed. */
    Optional<Snapshot> glance(SnapshotId id) throws IOException {
        return shelf.look(id) instanceof Look.Usable usable ? Optional.of(usable.snapshot()) : Optional.empty();
    }

    /** Looks, and removes what is damaged. */
    Optional<Snapshot> findLocked(SnapshotId id) throws IOException {
        Look look = shelf.look(id);
        if (look instanceof Look.Damaged damaged) {
            discardLocked(id, damaged);
        }
        return usable(id, look);
    }

    private static Optional<Snapshot> usable(SnapshotId id, Look look) {
        if (look instanceof Look.Usable usable) {
            return Optional.of(usable.snapshot());
        }
        if (look instanceof Look.OtherVersion other) {
            LOG.info(
                    "Snapshot {} has format version {}, this Thaw uses {}: bake again",
                    id.abbreviated(),
                    other.found(),
                    Manifest.VERSION);
        }
        return Optional.empty();
    }

    /**
     * The blobs, too: what has the right seal and the wrong content would never be put again. Only those files that were found
     * to be wrong: another may have put the right one meanwhile.
     */
    private void discardLocked(SnapshotId id, Look.Damaged damaged) throws IOException {
        LOG.warn(
                "Snapshot {} is damaged and thrown away; it is baked again when it is needed: {}",
                id.abbreviated(),
                String.join("; ", damaged.problems()));
        trash.take(store.manifest(id));
        List<Path> aside = storeLock.alone("discarding what is damaged", () -> {
            List<Path> taken = new ArrayList<>();
            for (Look.Broken broken : damaged.blobs()) {
                if (broken.file().equals(store.fileId(broken.blob()))) {
                    trash.putAside(store.blob(broken.blob())).ifPresent(taken::add);
                }
            }
            return taken;
        });
        aside.forEach(trash::delete);
    }

    /** Reads all of it, whatever its seals say. */
    Verification verify(Snapshot snapshot, DoubleConsumer progress) throws IOException {
        Look look = shelf.check(snapshot, snapshot.manifest().files().values(), progress);
        if (look instanceof Look.Damaged damaged) {
            discardUnlessReplaced(snapshot, damaged);
            return new Verification(snapshot, damaged.problems());
        }
        return new Verification(snapshot, List.of());
    }

    private void discardUnlessReplaced(Snapshot snapshot, Look.Damaged damaged) throws IOException {
        BakeLock lock = locks.lock(snapshot.id(), REMOVAL_LOCK_TIMEOUT, "removing");
        try {
            // A new one may have come into its place while the old one was read.
            if (shelf.isThere(snapshot)) {
                discardLocked(snapshot.id(), damaged);
            }
        } finally {
            lock.close();
        }
    }

    /** What is not noted is swept sooner than it should be, and no test has to fail for it. */
    void noteUse(SnapshotId id) {
        try {
            shelf.use(id);
        } catch (IOException e) {
            LOG.warn("Can't note that snapshot {} was used", id.abbreviated(), e);
        }
    }
}
