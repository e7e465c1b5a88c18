// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has snapshots baked, each by one thread of one process. Thread-safe. */
final class Bakery {
    private static final Logger LOG = LoggerFactory.getLogger(Bakery.class);

    private final StoreFolder store;
    private final Lookup lookup;
    private final BakeLocks locks;
    private final Drafts drafts;
    private final Settling settling;
    private final Optional<Dedup> dedup;
    private final Step.Observer observer;

    /**
     * A bakery.
     *
     * @param dedup what new snapshots are handed to, if anything
     */
    Bakery(
            StoreFolder store,
            Lookup lookup,
            BakeLocks locks,
            Drafts drafts,
            Settling settling,
            Optional<Dedup> dedup,
            Step.Observer observer) {
        this.store = store;
        this.lookup = lookup;
        this.locks = locks;
        this.drafts = drafts;
        this.settling = settling;
        this.dedup = dedup;
        this.observer = observer;
    }

    <X extends Exception> Snapshot findOrBake(BakeKey key, Duration lockTimeout, Baking<X> baking) throws X {
        SnapshotId id = SnapshotId.of(key);
        Optional<Snapshot> present = glance(id);
        Snapshot snapshot = present.isPresent() ? present.get() : findOrBake(id, key, lockTimeout, baking);
        lookup.noteUse(id);
        return snapshot;
    }

    <X extends Exception> Snapshot findOrBake(SnapshotId id, BakeKey key, Duration lockTimeout, Baking<X> baking)
            throws X {
        BakeLock lock = locks.lock(id, lockTimeout, "baking");
        Snapshot baked;
        try {
            Optional<Snapshot> present = findLocked(id);
            if (present.isPresent()) {
                return present.get();
            }
            baked = bakeLocked(key, baking);
        } finally {
            lock.close();
        }
        dedup.ifPresent(room -> share(room, baked));
        return baked;
    }

    /** Best effort: a snapshot that takes more room than it has to is a good snapshot. */
    private static void share(Dedup room, Snapshot baked) {
        String name = baked.id().abbreviated();
        try {
            DedupReport report = room.run(baked, false, done -> {});
            LOG.debug(
                    "Dedup of {}: {} {}, {} bytes saved", name, report.outcome(), report.reason(), report.savedBytes());
        } catch (IOException e) {
            LOG.info("Snapshot {} takes more room than it has to: {}", name, e.toString());
            LOG.debug("It could not share blocks with a sibling", e);
        } catch (InterruptedException e) {
            LOG.debug("Interrupted while it was deduped", e);
            Thread.currentThread().interrupt();
        }
    }

    /** The common case, without a lock. */
    private Optional<Snapshot> glance(SnapshotId id) {
        try {
            return lookup.glance(id);
        } catch (IOException e) {
            throw Failures.explain(store, "look up", id, e);
        }
    }

    private Optional<Snapshot> findLocked(SnapshotId id) {
        try {
            drafts.sweep(Optional.of(id));
            return lookup.findLocked(id);
        } catch (IOException e) {
            throw Failures.explain(store, "look up", id, e);
        }
    }

    private <X extends Exception> Snapshot bakeLocked(BakeKey key, Baking<X> baking) throws X {
        Draft draft = startDraft(key);
        try {
            observer.reached(Step.DRAFT_CREATED);
            long start = System.nanoTime();
            baking.bake(draft);
            observer.reached(Step.BAKED);
            return settling.publishLocked(draft, Duration.ofNanos(System.nanoTime() - start));
        } finally {
            drafts.end(draft.folder());
        }
    }

    private Draft startDraft(BakeKey key) {
        try {
            return drafts.startLocked(key);
        } catch (IOException e) {
            throw Failures.explain(store, "start the bake of", SnapshotId.of(key), e);
        }
    }
}
