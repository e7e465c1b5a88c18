// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleConsumer;
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

    private final StoreFolder folder;
    private final Shelf shelf;
    private final Trash trash;
    private final StoreLock storeLock;
    private final BakeLocks locks;
    private final Drafts drafts;
    private final Lookup lookup;
    private final Bakery bakery;
    private final Checkpoints checkpoints;
    private final Dedup dedup;
    private final Sweep sweep;
    private final Inventory inventory;
    private final FileBlocks blocks;
    private final Instances instances;
    private final AtomicBoolean closed = new AtomicBoolean();

    private SnapshotStore(StoreFolder folder, StoreOptions options, FileBlocks blocks, Step.Observer observer) {
        this.folder = folder;
        this.shelf = new Shelf(folder);
        this.trash = new Trash(folder);
        this.storeLock = new StoreLock(folder);
        this.locks = new BakeLocks(folder);
        this.drafts = new Drafts(folder, locks, trash);
        this.lookup = new Lookup(folder, shelf, locks, trash, storeLock);
        this.sweep = new Sweep(folder, shelf, trash, storeLock, new Measuring(folder, blocks), observer);
        Publisher publisher = new Publisher(folder, storeLock, sweep, observer);
        this.dedup = new Dedup(folder, shelf, blocks, observer);
        this.bakery = new Bakery(
                folder,
                lookup,
                locks,
                drafts,
                new Settling(folder, publisher, observer),
                options.autoDedup() ? Optional.of(dedup) : Optional.empty(),
                observer);
        this.checkpoints = new Checkpoints(folder, locks, drafts, publisher, blocks, observer);
        this.inventory = new Inventory(folder, shelf);
        this.blocks = blocks;
        this.instances = new Instances(folder, storeLock, blocks, trash);
    }

    /**
     * Opens the store, or creates it (0700, with missing parents), and deletes what crashed bakes have left.
     *
     * @throws SnapshotException also if the folder belongs to another user or others can write to it; the message
     *     has the command that mends it
     */
    public static SnapshotStore open(Path folder) {
        return open(folder, StoreOptions.DEFAULT);
    }

    /** Opens the store, as above. */
    public static SnapshotStore open(Path folder, StoreOptions options) {
        return open(folder, options, step -> {});
    }

    static SnapshotStore open(Path path, StoreOptions options, Step.Observer observer) {
        try {
            StoreFolder folder = StoreFolder.open(path);
            SnapshotStore store = new SnapshotStore(folder, options, FileBlocks.probe(folder.root()), observer);
            store.trash.empty();
            store.drafts.sweep(Optional.empty());
            store.instances.sweep();
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
            return lookup.find(id);
        } catch (IOException e) {
            throw failed("look up", id, e);
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
        return bakery.findOrBake(key, lockTimeout, baking);
    }

    /**
     * Takes a checkpoint of a machine that was restored from a snapshot: another snapshot, which has that one as its parent.
     * Only what has changed is written. It is durable when this returns, and stays as long as the owner's lease, one of its own
     * heirs, or a pin keeps it.
     *
     * @param owner has the lease from here on, too
     * @param checkpointing writes the draft; called once, by this thread
     * @throws X what it threw, as it was; nothing of the draft is left
     * @throws DiskFullException if it did not fit
     */
    public <X extends Exception> Snapshot checkpoint(Snapshot parent, Lease owner, Checkpointing<X> checkpointing)
            throws X {
        requireOpen();
        return checkpoints.take(parent, owner, checkpointing);
    }

    /**
     * Lets the memory of a snapshot share blocks with that of its nearest sibling: the most recent one of the same image, memory
     * size, kernel, engine and baking version. Byte for byte it stays what it is.
     *
     * @param dryRun whether only to compare and to count
     * @param progress is told how much has been done, from 0 to 1, by any thread
     * @throws SnapshotException if it fails, or the thread is interrupted; the memory is as it was
     */
    public DedupReport dedup(Snapshot snapshot, boolean dryRun, DoubleConsumer progress) {
        requireOpen();
        try {
            return dedup.run(snapshot, dryRun, progress);
        } catch (IOException e) {
            throw failed("dedup", snapshot.id(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SnapshotException(
                    "Interrupted while snapshot " + snapshot.id().abbreviated() + " was deduped", e);
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

    /** All snapshots that are listed, and who and what keeps them. Takes no lock, so it is true of about one moment. */
    public List<SnapshotStatus> status() {
        requireOpen();
        try {
            return inventory.take();
        } catch (IOException e) {
            throw Failures.explain(folder, "Can't list the snapshots", e);
        }
    }

    /** What these snapshots take on disk, each and together. Asks the file system, by native code if that can be loaded. */
    public DiskUsage usage(List<Snapshot> snapshots) {
        requireOpen();
        try {
            return new BlockCount(folder, blocks, shelf.list()).count(snapshots);
        } catch (IOException e) {
            throw Failures.explain(folder, "Can't measure the snapshots", e);
        }
    }

    /**
     * A sentence for each manifest that is damaged, so that its snapshot is not listed. Its place is cleared by the next
     * sweep, or when its key is baked.
     */
    public List<String> damagedManifests() {
        requireOpen();
        try {
            return inventory.damagedManifests();
        } catch (IOException e) {
            throw Failures.explain(folder, "Can't read the manifests", e);
        }
    }

    /**
     * Reads all of the snapshot's files and compares their SHA-256. What is damaged is removed with a warning.
     *
     * @throws LockedException if it is damaged and can't be removed, as another process has the key's lock
     */
    public Verification verify(Snapshot snapshot) {
        return verify(snapshot, done -> {});
    }

    /**
     * The same.
     *
     * @param progress is told how much has been read, from 0 to 1, by this thread
     */
    public Verification verify(Snapshot snapshot, DoubleConsumer progress) {
        requireOpen();
        try {
            return lookup.verify(snapshot, progress);
        } catch (IOException e) {
            throw failed("verify", snapshot.id(), e);
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
            try (BakeLock lock = locks.lock(id, Lookup.REMOVAL_LOCK_TIMEOUT, "removing")) {
                boolean removed = sweep.remove(id);
                lock.delete(); // nothing has that name
                return removed;
            }
        } catch (IOException e) {
            throw failed("remove", id, e);
        }
    }

    /** Removes a snapshot unless something uses it; then the sweep that comes after its last use does. */
    public boolean removeIfUnused(SnapshotId id) {
        try {
            return remove(id);
        } catch (LockedException e) {
            LOG.debug("Snapshot {} stays for now", id.abbreviated(), e);
            return false;
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
            instances.sweep();
            SweepReport report = sweep.run(limits);
            locks.sweep();
            return report;
        } catch (IOException e) {
            throw Failures.explain(folder, "Can't sweep the store", e);
        }
    }

    /**
     * Sweeps, unless this or another process has done so lately, or is doing so now.
     *
     * @param pause how long ago is lately
     * @return empty if it was not time to
     */
    public Optional<SweepReport> sweepIfDue(SweepLimits limits, Duration pause) {
        requireOpen();
        try {
            return new DueSweep(folder).run(pause, () -> sweep(limits));
        } catch (IOException e) {
            throw Failures.explain(folder, "Can't sweep the store", e);
        }
    }

    /** What {@link #sweep} would do now. Changes nothing. */
    public SweepReport planSweep(SweepLimits limits) {
        requireOpen();
        try {
            return sweep.plan(limits);
        } catch (IOException e) {
            throw Failures.explain(folder, "Can't plan a sweep", e);
        }
    }

    /** Keeps a snapshot from being swept until {@link #unpin}. */
    public void pin(SnapshotId id) {
        requireOpen();
        try {
            // As with a lease: a sweep that goes on has not seen it, and ends before this returns.
            storeLock.sharing(() -> {
                PrivateFiles.createFileIfMissing(folder.pin(id));
                PrivateFiles.syncFolder(folder.pins());
                return id;
            });
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
        return Leases.open(folder, storeLock, instances, runRoot);
    }

    private SnapshotException failed(String what, SnapshotId id, IOException e) {
        return Failures.explain(folder, what, id, e);
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
