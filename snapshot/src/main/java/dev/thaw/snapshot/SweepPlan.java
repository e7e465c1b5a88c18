// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;

/** Decides which snapshots go. Knows no files. Used once, by one thread. */
final class SweepPlan {
    private final SweepLimits limits;
    private final Instant now;
    private final Map<Blob, Integer> references = new HashMap<>();
    private final Map<SnapshotId, Integer> heirs = new HashMap<>();
    private final BlobSizes kept;

    /**
     * A snapshot, and what its manifest does not say.
     *
     * @param lastUse when it was used last
     * @param held whether a lease or a pin keeps it
     */
    record Candidate(Snapshot snapshot, Instant lastUse, boolean held) {}

    /**
     * Decides nothing yet.
     *
     * @param sizes what blobs take, none of them in it
     */
    SweepPlan(SweepLimits limits, Instant now, BlobSizes sizes) {
        this.limits = limits;
        this.now = now;
        this.kept = sizes;
    }

    /** Those that go, in their order: least recently used first, and an heir before what it comes from. */
    List<Snapshot> victims(Collection<Candidate> candidates) {
        Map<SnapshotId, Candidate> byId = new HashMap<>();
        candidates.forEach(candidate -> byId.put(candidate.snapshot.id(), candidate));
        candidates.forEach(candidate -> count(candidate.snapshot));
        Queue<Candidate> leaves = new PriorityQueue<>(
                Comparator.comparing(Candidate::lastUse).thenComparing(candidate -> candidate.snapshot.id()));
        candidates.stream().filter(this::mayGo).forEach(leaves::add);
        List<Snapshot> victims = new ArrayList<>();
        for (Candidate next = leaves.poll(); next != null; next = leaves.poll()) {
            if (isToGo(next)) {
                victims.add(next.snapshot);
                discount(next.snapshot);
                parent(next, byId).filter(this::mayGo).ifPresent(leaves::add);
            }
        }
        return victims;
    }

    /** What the others take, once the victims are known. */
    long keptBytes() {
        return kept.bytes();
    }

    private void count(Snapshot snapshot) {
        snapshot.manifest().parent().ifPresent(parent -> heirs.merge(parent, 1, Integer::sum));
        for (Blob blob : Set.copyOf(snapshot.manifest().files().values())) {
            if (references.merge(blob, 1, Integer::sum) == 1) {
                kept.add(blob);
            }
        }
    }

    private void discount(Snapshot snapshot) {
        snapshot.manifest().parent().ifPresent(parent -> heirs.merge(parent, -1, Integer::sum));
        for (Blob blob : Set.copyOf(snapshot.manifest().files().values())) {
            if (references.merge(blob, -1, Integer::sum) == 0) {
                kept.remove(blob);
            }
        }
    }

    private Optional<Candidate> parent(Candidate of, Map<SnapshotId, Candidate> byId) {
        return of.snapshot.manifest().parent().map(byId::get);
    }

    private boolean mayGo(Candidate candidate) {
        return !candidate.held && heirs.getOrDefault(candidate.snapshot.id(), 0) == 0;
    }

    /** One that was taken of a running machine can be asked for by those who hold it only. */
    private boolean isToGo(Candidate candidate) {
        return candidate.snapshot.manifest().parent().isPresent()
                || kept.bytes() > limits.maxBytes()
                || Duration.between(candidate.lastUse, now).compareTo(limits.maxAge()) > 0;
    }
}
