// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.dedup.DedupProgress;
import dev.thaw.snapshot.dedup.DedupResult;
import dev.thaw.snapshot.dedup.DedupStatistics;
import dev.thaw.snapshot.dedup.Deduplicator;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/** Finds a snapshot's nearest sibling and lets their memories share blocks. Thread-safe. */
final class Dedup {
    /** What has to be the same for memories to have much in common. */
    private static final List<String> KEY_PARTS = List.of("image", "memory-bytes", "kernel", "engine", "baking");

    private final Shelf shelf;
    private final BlobFolder blobs;
    private final FileBlocks blocks;
    private final Deduplicator deduplicator;
    private final Step.Observer observer;

    Dedup(StoreFolder store, Shelf shelf, FileBlocks blocks, Step.Observer observer) {
        this.shelf = shelf;
        this.blobs = store.blobs();
        this.blocks = blocks;
        this.observer = observer;
        this.deduplicator = new Deduplicator(blocks);
    }

    /** The most recent one that is like it; empty if there is none, or none with another memory. */
    static Optional<Snapshot> sibling(Snapshot of, Collection<Snapshot> snapshots) {
        Blob memory = of.manifest().file(SnapshotFile.MEMORY);
        return snapshots.stream()
                .filter(other -> !other.id().equals(of.id()))
                .filter(other -> KEY_PARTS.stream()
                        .allMatch(part -> Objects.equals(
                                other.key().parts().get(part), of.key().parts().get(part))))
                .filter(other -> {
                    Blob others = other.manifest().file(SnapshotFile.MEMORY);
                    return others.lengthBytes() == memory.lengthBytes() && !others.equals(memory);
                })
                .max(Comparator.comparing(other -> other.manifest().created()));
    }

    /**
     * Lets a snapshot share blocks with its sibling. Its content stays what it is, or nothing is changed.
     *
     * @param progress is told how much has been done, from 0 to 1
     */
    DedupReport run(Snapshot snapshot, boolean dryRun, DoubleConsumer progress)
            throws IOException, InterruptedException {
        if (!blocks.clones().available()) {
            return report(
                    snapshot,
                    Optional.empty(),
                    DedupReport.Outcome.NO_CLONES,
                    blocks.clones().description());
        }
        Optional<Snapshot> sibling = sibling(snapshot, shelf.list());
        if (sibling.isEmpty()) {
            return report(snapshot, sibling, DedupReport.Outcome.NO_SIBLING, "There is no snapshot that is like it");
        }
        // What is damaged must not be sealed anew as if it were right.
        Optional<String> damage = blobs.checkIfInDoubt(snapshot.manifest().file(SnapshotFile.MEMORY));
        if (damage.isPresent()) {
            return report(snapshot, sibling, DedupReport.Outcome.REFUSED, damage.get());
        }
        DedupProgress told = (done, total) -> progress.accept((double) done / total);
        DedupResult result = dryRun
                ? deduplicator.plan(sibling.get().memory(), snapshot.memory(), told)
                : deduplicator.replace(sibling.get().memory(), snapshot.memory(), told);
        return report(snapshot, sibling, result);
    }

    private DedupReport report(Snapshot snapshot, Optional<Snapshot> sibling, DedupResult result) throws IOException {
        // Java 17 has no switch over sealed types; the last case is a cast, so that a new one fails at once.
        if (result instanceof DedupResult.Replaced replaced) {
            observer.reached(Step.DEDUPED);
            DedupStatistics statistics = replaced.statistics();
            blobs.sealAfterReplacement(
                    snapshot.manifest().file(SnapshotFile.MEMORY),
                    statistics.after().privateBytes());
            return report(snapshot, sibling, DedupReport.Outcome.SHARED, statistics);
        }
        if (result instanceof DedupResult.Planned planned) {
            return report(snapshot, sibling, DedupReport.Outcome.WOULD_SHARE, planned.statistics());
        }
        if (result instanceof DedupResult.NothingToGain nothing) {
            return report(snapshot, sibling, DedupReport.Outcome.NOTHING_TO_GAIN, nothing.statistics());
        }
        if (result instanceof DedupResult.NoClones none) {
            return report(snapshot, sibling, DedupReport.Outcome.NO_CLONES, none.description());
        }
        return report(snapshot, sibling, DedupReport.Outcome.REFUSED, ((DedupResult.Refused) result).reason());
    }

    private static DedupReport report(
            Snapshot snapshot, Optional<Snapshot> sibling, DedupReport.Outcome outcome, DedupStatistics statistics) {
        return new DedupReport(
                snapshot,
                sibling,
                outcome,
                "",
                new DedupReport.Pages(
                        statistics.pagesCompared(),
                        statistics.pagesMoved(),
                        statistics.pagesWritten(),
                        statistics.pagesPunched()),
                statistics.apparentBytes(),
                statistics.before().privateBytes(),
                statistics.after().privateBytes());
    }

    private static DedupReport report(
            Snapshot snapshot, Optional<Snapshot> sibling, DedupReport.Outcome outcome, String reason) {
        long length = snapshot.manifest().file(SnapshotFile.MEMORY).lengthBytes();
        return new DedupReport(snapshot, sibling, outcome, reason, DedupReport.Pages.NONE, length, 0, 0);
    }
}
