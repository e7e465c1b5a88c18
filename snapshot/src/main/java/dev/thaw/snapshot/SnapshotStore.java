// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
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
 * Its files are checked at each look (small ones are read, large ones compared with their seals), and read as a whole only
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
    private final StoreLock storeLock;
    private final Publisher publisher;
    private final Sweep sweep;
    private final BakeLocks locks;
    private final Drafts drafts;
    private final Step.Observer observer;
    private final AtomicBoolean closed = new AtomicBoolean();

    private SnapshotStore(StoreFolder folder, Step.Observer observer) {
        this.folder = folder;
        this.shelf = new Shelf(folder);
        this.trash = new Trash(folder);
        this.storeLock = new StoreLock(folder);
        this.publisher = new Publisher(folder, storeLock, observer);
        this.sweep = new Sweep(folder, shelf, trash, storeLock);
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
        return find(SnapshotId.of(key));
    }

    /** Looks a snapshot up, as above. */
    public Optional<Snapshot> find(SnapshotId id) {
        requireOpen();
        try {
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
                return tidyLocked(id);
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            throw failed("look up", id, e);
        }
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

    /** Looks, and removes what is damaged. */
    private Optional<Snapshot> tidyLocked(SnapshotId id) throws IOException {
        Look look = shelf.look(id);
        if (look instanceof Look.Damaged damaged) {
            discardLocked(id, damaged);
        }
        return usable(id, look);
    }

    /** The blobs, too: what has the right seal and the wrong content would never be put again. */
    private void discardLocked(SnapshotId id, Look.Damaged damaged) throws IOException {
        LOG.warn(
                "Snapshot {} is damaged and thrown away; it is baked again when it is needed: {}",
                id.abbreviated(),
                String.join("; ", damaged.problems()));
        trash.take(folder.manifest(id));
        for (Blob blob : damaged.blobs()) {
            trash.take(folder.blob(blob));
        }
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
        SnapshotId id = SnapshotId.of(key);
        Snapshot snapshot = findOrBake(id, key, lockTimeout, baking);
        noteUse(id);
        return snapshot;
    }

    private <X extends Exception> Snapshot findOrBake(
            SnapshotId id, BakeKey key, Duration lockTimeout, Baking<X> baking) throws X {
        Optional<Snapshot> present = look(id);
        if (present.isPresent()) {
            return present.get();
        }
        BakeLock lock = locks.lock(id, lockTimeout, "baking");
        try {
            present = lookLocked(id);
            return present.isPresent() ? present.get() : bakeLocked(key, baking);
        } finally {
            lock.close();
        }
    }

    /** The common case, without a lock. */
    private Optional<Snapshot> look(SnapshotId id) {
        try {
            return shelf.look(id) instanceof Look.Usable usable ? Optional.of(usable.snapshot()) : Optional.empty();
        } catch (IOException e) {
            throw failed("look up", id, e);
        }
    }

    private Optional<Snapshot> lookLocked(SnapshotId id) {
        try {
            drafts.sweep(Optional.of(id));
            return tidyLocked(id);
        } catch (IOException e) {
            throw failed("look up", id, e);
        }
    }

    /** What is not noted is swept sooner than it should be, and no test has to fail for it. */
    private void noteUse(SnapshotId id) {
        try {
            shelf.use(id);
        } catch (IOException e) {
            LOG.warn("Can't note that snapshot {} was used", id.abbreviated(), e);
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
            throw failed("start the bake of", SnapshotId.of(key), e);
        }
    }

    /** All snapshots of this version of the format, in no particular order, unchecked. */
    public List<Snapshot> list() {
        requireOpen();
        try {
            return shelf.list();
        } catch (IOException e) {
            throw new SnapshotException("Can't list the snapshots in " + folder.manifests() + ": " + e, e);
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
            Look look = shelf.check(snapshot, snapshot.manifest().files().values());
            if (look instanceof Look.Damaged damaged) {
                discardUnlessReplaced(snapshot, damaged);
                return new Verification(snapshot, damaged.problems());
            }
            return new Verification(snapshot, List.of());
        } catch (IOException e) {
            throw failed("verify", snapshot.id(), e);
        }
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

    /**
     * Removes the key's snapshot, and what only it had.
     *
     * @return false if there is none
     * @throws LockedException if it is being baked, a lease says that it is in use, or it is pinned
     */
    public boolean remove(BakeKey key) {
        return remove(SnapshotId.of(key));
    }

    /** Removes a snapshot, as above; also one that another one comes from, as that has all that it needs. */
    public boolean remove(SnapshotId id) {
        requireOpen();
        try {
            BakeLock lock = locks.lock(id, REMOVAL_LOCK_TIMEOUT, "removing");
            try {
                return sweep.remove(id);
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            throw failed("remove", id, e);
        }
    }

    /**
     * Removes what nothing refers to, and then, least recently used first, what is beyond the limits. What a live lease uses,
     * what is pinned, and what such a snapshot comes from stays.
     */
    public SweepReport sweep(SweepLimits limits) {
        requireOpen();
        try {
            drafts.sweep(Optional.empty());
            return sweep.run(limits);
        } catch (IOException e) {
            throw Failures.explain(folder, "Can't sweep the store", e);
        }
    }

    /** Keeps a snapshot from being swept until {@link #unpin}. */
    public void pin(SnapshotId id) {
        requireOpen();
        try {
            PrivateFiles.createFileIfMissing(folder.pin(id));
        } catch (IOException e) {
            throw failed("pin", id, e);
        }
    }

    /** Whether it was pinned. */
    public boolean unpin(SnapshotId id) {
        requireOpen();
        try {
            return Files.deleteIfExists(folder.pin(id));
        } catch (IOException e) {
            throw failed("unpin", id, e);
        }
    }

    /**
     * Leases of this store.
     *
     * @param runRoot the folder below which all run folders are; created (0700) if it is missing
     */
    public Leases leases(Path runRoot) {
        requireOpen();
        return Leases.open(folder, storeLock, runRoot);
    }

    private SnapshotException failed(String what, SnapshotId id, IOException e) {
        return Failures.explain(folder, "Can't " + what + " snapshot " + id.abbreviated(), e);
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
