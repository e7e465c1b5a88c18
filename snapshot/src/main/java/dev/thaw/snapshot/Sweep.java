// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.dedup.Deduplicator;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes snapshots, and blobs that no snapshot refers to. What goes is decided and renamed with the store's lock, and deleted
 * without it. Thread-safe.
 */
final class Sweep {
    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

    private final StoreFolder store;
    private final Shelf shelf;
    private final Trash trash;
    private final StoreLock lock;
    private final BlobFolder blobs;
    private final Measuring measuring;
    private final Step.Observer observer;

    Sweep(StoreFolder store, Shelf shelf, Trash trash, StoreLock lock, Measuring measuring, Step.Observer observer) {
        this.store = store;
        this.shelf = shelf;
        this.trash = trash;
        this.lock = lock;
        this.measuring = measuring;
        this.observer = observer;
        this.blobs = store.blobs();
    }

    /** What has been put aside while the lock was held. */
    private final class Aside {
        private final boolean dryRun;
        private final List<Path> paths = new ArrayList<>();
        private final List<Snapshot> snapshots = new ArrayList<>();
        private int blobCount;
        private long bytes;

        /** One for a dry run leaves everything where it is, and counts. */
        Aside(boolean dryRun) {
            this.dryRun = dryRun;
        }

        void put(Path path) throws IOException {
            if (!dryRun) {
                trash.putAside(path).ifPresent(paths::add);
            }
        }

        void put(Snapshot snapshot) throws IOException {
            put(store.manifest(snapshot.id()));
            observer.reached(Step.MANIFEST_ASIDE);
            put(store.use(snapshot.id()));
            put(store.pin(snapshot.id()));
            snapshots.add(snapshot);
        }

        SweepReport delete(long keptBytes) {
            paths.forEach(trash::delete);
            return new SweepReport(snapshots, blobCount, bytes, keptBytes);
        }
    }

    /** Removes one snapshot, if it is there and nobody uses it. */
    boolean remove(SnapshotId id) throws IOException {
        Aside aside = new Aside(false);
        Listing listing = list();
        boolean removed = lock.alone("removing " + id.abbreviated(), () -> {
            requireUnusedLocked(id);
            boolean present = Files.exists(store.manifest(id), LinkOption.NOFOLLOW_LINKS);
            aside.put(store.manifest(id));
            aside.put(store.use(id));
            putBlobsAsideLocked(listing.nowLocked(stray -> {}).values(), aside);
            return present;
        });
        aside.delete(0);
        return removed;
    }

    private void requireUnusedLocked(SnapshotId id) throws IOException {
        if (Files.exists(store.pin(id), LinkOption.NOFOLLOW_LINKS)) {
            throw new LockedException(
                    "Snapshot " + id.abbreviated() + " is pinned, and can't be removed. Unpin it first");
        }
        LeaseFolder.Live leases = LeaseFolder.live(store.leases());
        if (!leases.unreadable().isEmpty()) {
            throw new LockedException("Snapshot " + id.abbreviated()
                    + " may be in use by another version of Thaw, whose leases can't be read here, and can't be removed: "
                    + leases.unreadable());
        }
        for (LeaseRecord lease : leases.leases()) {
            if (lease.snapshots().contains(id)) {
                throw new LockedException("Snapshot " + id.abbreviated() + " is in use by process " + lease.ownerPid()
                        + " (" + lease.info().purpose() + "), and can't be removed");
            }
        }
    }

    /** Removes blobs that nothing refers to: those of a snapshot that could not be published. */
    void dropOrphans() throws IOException {
        Aside aside = new Aside(false);
        Listing listing = list();
        lock.alone("clearing up after what was not published", () -> {
            putBlobsAsideLocked(listing.nowLocked(stray -> {}).values(), aside);
            return aside;
        });
        aside.delete(0);
    }

    SweepReport run(SweepLimits limits) throws IOException {
        trash.empty();
        blobs.clearLeftovers();
        return run(limits, new Aside(false));
    }

    /** Only tells what would go. */
    SweepReport plan(SweepLimits limits) throws IOException {
        return run(limits, new Aside(true));
    }

    private SweepReport run(SweepLimits limits, Aside aside) throws IOException {
        Listing listing = list();
        BlobSizes sizes = measuring.measure(listing.read());
        long keptBytes = lock.alone(aside.dryRun ? "planning a sweep" : "sweeping", () -> {
            Map<SnapshotId, Snapshot> there = listing.nowLocked(aside::put);
            measuring.complete(sizes, there.values());
            SweepPlan plan = new SweepPlan(limits, Instant.now(), sizes);
            for (Snapshot victim : plan.victims(candidatesLocked(there))) {
                aside.put(victim);
                there.remove(victim.id());
            }
            putUsesAsideLocked(there.keySet(), aside);
            putBlobsAsideLocked(there.values(), aside);
            return plan.keptBytes();
        });
        observer.reached(Step.ALL_ASIDE);
        SweepReport report = aside.delete(keptBytes);
        observer.reached(Step.SWEPT);
        return report;
    }

    private Listing list() throws IOException {
        Listing listing = Listing.of(store, shelf);
        observer.reached(Step.LISTED);
        return listing;
    }

    private List<SweepPlan.Candidate> candidatesLocked(Map<SnapshotId, Snapshot> there) throws IOException {
        Set<SnapshotId> held = heldIdsLocked(there);
        List<SweepPlan.Candidate> candidates = new ArrayList<>();
        for (Snapshot snapshot : there.values()) {
            candidates.add(new SweepPlan.Candidate(snapshot, shelf.lastUse(snapshot), held.contains(snapshot.id())));
        }
        return candidates;
    }

    /** What a live lease uses or somebody has pinned. */
    private Set<SnapshotId> heldIdsLocked(Map<SnapshotId, Snapshot> there) throws IOException {
        Set<SnapshotId> held = new HashSet<>();
        LeaseFolder.Live leases = LeaseFolder.live(store.leases());
        leases.leases().forEach(lease -> held.addAll(lease.snapshots()));
        if (!leases.unreadable().isEmpty()) {
            LOG.info("No snapshot is swept, as another version of Thaw uses this store: {}", leases.unreadable());
            return there.keySet();
        }
        for (SnapshotId id : there.keySet()) {
            if (Files.exists(store.pin(id), LinkOption.NOFOLLOW_LINKS)) {
                held.add(id);
            }
        }
        return held;
    }

    /** Notes about snapshots that are gone. */
    private void putUsesAsideLocked(Set<SnapshotId> snapshots, Aside aside) throws IOException {
        Set<Path> needed = snapshots.stream().map(store::use).collect(Collectors.toSet());
        for (Path use : PrivateFiles.list(store.uses())) {
            if (!needed.contains(use)) {
                aside.put(use);
            }
        }
    }

    /** Blobs that these snapshots do not refer to, and what crashes have left beside them. */
    private void putBlobsAsideLocked(Collection<Snapshot> snapshots, Aside aside) throws IOException {
        Set<String> referred = snapshots.stream()
                .flatMap(snapshot -> snapshot.manifest().files().values().stream())
                .map(Blob::sha256)
                .collect(Collectors.toSet());
        for (BlobFolder.Entry entry : blobs.entries()) {
            boolean needed = entry.sha256().filter(referred::contains).isPresent();
            if (!needed && !Deduplicator.isTemporary(entry.file())) {
                aside.bytes += blobs.dataBytes(entry);
                aside.blobCount += entry.isContent() ? 1 : 0;
                aside.put(entry.file());
            }
        }
    }
}
