// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of one user on one machine, shared by all processes that open the same folder. Thread-safe.
 *
 * <pre>{@code
 * try (SnapshotStore store = SnapshotStore.open(home.resolve("store"))) {
 *     Snapshot snapshot = store.findOrBake(key, Duration.ofMinutes(10), draft -> engine.bake(spec, draft));
 *     engine.restore(snapshot.memory(), snapshot.deviceState());
 * }
 * }</pre>
 *
 * <p>A snapshot is found as a whole or not at all: it is baked and settled aside, synced, and renamed into its place.
 * Its files are checked against their seals at each look (three calls of {@code stat}), and read as a whole only
 * when a seal is broken. What turns out to be damaged is thrown away with a warning, and counts as missing.
 *
 * <p>All methods throw {@link SnapshotException} when the disk fails them, and {@link IllegalStateException} after
 * {@link #close}.
 */
public final class SnapshotStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);

    /** Locks are held for long by bakes only, and what is being baked can't be removed. */
    private static final Duration REMOVAL_LOCK_TIMEOUT = Duration.ofSeconds(5);

    private final StoreFolder folder;
    private final Shelf shelf;
    private final Trash trash;
    private final Publisher publisher;
    private final BakeLocks locks;
    private final Drafts drafts;
    private final Step.Observer observer;
    private final AtomicBoolean closed = new AtomicBoolean();

    private SnapshotStore(StoreFolder folder, Step.Observer observer) {
        this.folder = folder;
        this.shelf = new Shelf(folder);
        this.trash = new Trash(folder);
        this.publisher = new Publisher(folder, trash, observer);
        this.locks = new BakeLocks(folder);
        this.drafts = new Drafts(folder, locks, trash);
        this.observer = observer;
    }

    /**
     * Opens the store, or creates it (0700, with missing parents), and deletes what crashed bakes have left.
     *
     * @throws SnapshotException also if the folder belongs to another user or others can write to it; the message
     *     has the command that mends it
     */
    public static SnapshotStore open(Path folder) {
        return open(folder, step -> {});
    }

    static SnapshotStore open(Path path, Step.Observer observer) {
        try {
            SnapshotStore store = new SnapshotStore(StoreFolder.open(path), observer);
            store.trash.empty();
            store.drafts.sweep(Optional.empty());
            return store;
        } catch (IOException e) {
            throw new SnapshotException("Can't open the store " + path + ": " + e, e);
        }
    }

    /** The store's folder, a real path. */
    public Path folder() {
        return folder.root();
    }

    /**
     * Looks a key up. Empty if there is no snapshot, one of another version of the format, or a damaged one; that one
     * is removed.
     */
    public Optional<Snapshot> find(BakeKey key) {
        requireOpen();
        try {
            Look look = shelf.look(key);
            if (look instanceof Look.Sealed || look instanceof Look.Missing || look instanceof Look.OtherVersion) {
                return usable(key, look);
            }
            // Something is to be changed, for which the bake lock is needed. Who has it sees to it itself.
            Optional<BakeLock> attempt = locks.attempt(key.sha256());
            if (attempt.isEmpty()) {
                return usable(key, look);
            }
            BakeLock lock = attempt.get();
            try {
                return tidyLocked(key, shelf.look(key));
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            throw failed("look up", key, e);
        }
    }

    /** As it is, with nothing changed. */
    private static Optional<Snapshot> usable(BakeKey key, Look look) {
        if (look instanceof Look.Sealed sealed) {
            return Optional.of(sealed.snapshot());
        }
        if (look instanceof Look.Resealable resealable) {
            return Optional.of(resealable.snapshot());
        }
        if (look instanceof Look.OtherVersion other) {
            LOG.info(
                    "Snapshot {} has format version {}, this Thaw uses {}: bake again",
                    key.shortHash(),
                    other.found(),
                    Manifest.VERSION);
        }
        return Optional.empty();
    }

    /** Removes what is damaged and renews broken seals on the way. */
    private Optional<Snapshot> tidyLocked(BakeKey key, Look look) throws IOException {
        if (look instanceof Look.Damaged damaged) {
            discardLocked(folder.snapshot(key.sha256()), damaged.problems());
        } else if (look instanceof Look.Resealable resealable) {
            reseal(resealable.snapshot());
        }
        return usable(key, look);
    }

    /** The snapshot is right whether or not its new seals can be written; without, the next look costs as much. */
    private void reseal(Snapshot snapshot) {
        try {
            shelf.resealLocked(snapshot);
        } catch (IOException e) {
            LOG.warn(
                    "Can't renew the seals of {}; it is read in full at each look until that works",
                    snapshot.folder(),
                    e);
        }
    }

    private void discardLocked(Path snapshot, List<String> problems) throws IOException {
        LOG.warn(
                "Snapshot {} is damaged and thrown away; it is baked again when it is needed: {}",
                snapshot,
                String.join("; ", problems));
        trash.take(snapshot);
    }

    /**
     * Looks a key up and bakes its snapshot if there is none. Of all threads and processes that do so at the same
     * time one bakes, and the others wait for it.
     *
     * @param lockTimeout how long to wait for another's bake
     * @param baking writes the draft; called at most once, by this thread
     * @throws X what the baking threw, as it was; nothing of the draft is left
     * @throws LockedException if another was still baking after the timeout; the message says who
     * @throws DiskFullException if the snapshot did not fit
     */
    public <X extends Exception> Snapshot findOrBake(BakeKey key, Duration lockTimeout, Baking<X> baking) throws X {
        requireOpen();
        Objects.requireNonNull(baking, "baking");
        Optional<Snapshot> present = lookBriefly(key);
        if (present.isPresent()) {
            return present.get();
        }
        BakeLock lock = locks.lock(key, lockTimeout, "baking");
        try {
            present = lookLocked(key);
            return present.isPresent() ? present.get() : bakeLocked(key, baking);
        } finally {
            lock.close();
        }
    }

    /** The common case, without a lock. */
    private Optional<Snapshot> lookBriefly(BakeKey key) {
        try {
            return shelf.look(key) instanceof Look.Sealed sealed ? Optional.of(sealed.snapshot()) : Optional.empty();
        } catch (IOException e) {
            throw failed("look up", key, e);
        }
    }

    private Optional<Snapshot> lookLocked(BakeKey key) {
        try {
            drafts.sweep(Optional.of(key));
            return tidyLocked(key, shelf.look(key));
        } catch (IOException e) {
            throw failed("look up", key, e);
        }
    }

    private <X extends Exception> Snapshot bakeLocked(BakeKey key, Baking<X> baking) throws X {
        Draft draft = startDraft(key);
        try {
            observer.reached(Step.DRAFT_CREATED);
            long start = System.nanoTime();
            baking.bake(draft);
            observer.reached(Step.BAKED);
            return publisher.publishLocked(draft, Duration.ofNanos(System.nanoTime() - start));
        } finally {
            drafts.end(draft);
        }
    }

    private Draft startDraft(BakeKey key) {
        try {
            return drafts.startLocked(key);
        } catch (IOException e) {
            throw failed("start the bake of", key, e);
        }
    }

    /** All snapshots of this version of the format, in no particular order, unchecked. */
    public List<Snapshot> list() {
        requireOpen();
        try {
            return shelf.list();
        } catch (IOException e) {
            throw new SnapshotException("Can't list the snapshots in " + folder.snapshots() + ": " + e, e);
        }
    }

    /**
     * Reads all of the snapshot's files and compares their SHA-256. What is damaged is removed with a warning.
     *
     * @throws LockedException if it is damaged and can't be removed, as another process has the key's lock
     */
    public Verification verify(Snapshot snapshot) {
        requireOpen();
        try {
            Verification result = new Verification(snapshot, Shelf.damage(snapshot));
            if (!result.intact()) {
                discardUnlessReplaced(result);
            }
            return result;
        } catch (IOException e) {
            throw failed("verify", snapshot.key(), e);
        }
    }

    private void discardUnlessReplaced(Verification result) throws IOException {
        BakeLock lock = locks.lock(result.snapshot().key(), REMOVAL_LOCK_TIMEOUT, "removing");
        try {
            // A new one may have come into its place while the old one was read.
            if (shelf.isThere(result.snapshot())) {
                discardLocked(result.snapshot().folder(), result.problems());
            }
        } finally {
            lock.close();
        }
    }

    /**
     * Removes the key's snapshot.
     *
     * @return false if there is none
     * @throws LockedException if it is being baked, or a lease says that it is in use
     */
    public boolean remove(BakeKey key) {
        requireOpen();
        try {
            BakeLock lock = locks.lock(key, REMOVAL_LOCK_TIMEOUT, "removing");
            try {
                requireUnused(key);
                Path place = folder.snapshot(key.sha256());
                boolean present = Files.exists(place, LinkOption.NOFOLLOW_LINKS);
                trash.take(place);
                return present;
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            throw failed("remove", key, e);
        }
    }

    private void requireUnused(BakeKey key) throws IOException {
        for (LeaseRecord lease : LeaseFolder.live(folder.leases())) {
            if (lease.info().snapshot().filter(key.sha256()::equals).isPresent()) {
                throw new LockedException("Snapshot " + key.shortHash() + " is in use by process " + lease.ownerPid()
                        + " (" + lease.info().purpose() + "), and can't be removed");
            }
        }
    }

    /**
     * Leases of this store.
     *
     * @param runRoot the folder below which all run folders are; created (0700) if it is missing
     */
    public Leases leases(Path runRoot) {
        requireOpen();
        return Leases.open(folder.leases(), runRoot);
    }

    private SnapshotException failed(String what, BakeKey key, IOException e) {
        return Failures.explain(folder, "Can't " + what + " snapshot " + key.shortHash(), e);
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new IllegalStateException("the store " + folder.root() + " has been closed");
        }
    }

    /** Ends the use of this object. Leases stay with those who took them. Closing twice does nothing. */
    @Override
    public void close() {
        closed.set(true);
    }
}
