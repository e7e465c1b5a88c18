// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.DedupReport;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotId;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lets them share blocks. */
@Command(
        name = "dedup",
        description = {
            "Lets the memory of snapshots share blocks with that of the snapshot that is most like it.",
            "Their content stays byte for byte what it is. Takes a file system with clones: XFS, Btrfs, APFS."
        })
final class DedupCommand extends ChosenCommand {
    @Option(
            names = {"-n", "--dry-run"},
            description = "Compares and counts, and changes nothing.")
    private boolean dryRun;

    @Override
    int run(SnapshotStore store, ThawConfig config) {
        List<DedupReport> reports =
                each("dedup", chosen(store), (snapshot, progress) -> store.dedup(snapshot, dryRun, progress));
        if (json()) {
            print(document(reports));
        } else {
            text(store, reports);
        }
        boolean refused = reports.stream().anyMatch(report -> report.outcome() == DedupReport.Outcome.REFUSED);
        return refused ? ExitCode.FOUND : ExitCode.DONE;
    }

    /** In a dry run two that are alike would both be said to save the same blocks. */
    private static long savedBytes(List<DedupReport> reports) {
        Set<Set<SnapshotId>> pairs = new HashSet<>();
        long saved = 0;
        for (DedupReport report : reports) {
            Optional<SnapshotId> sibling = report.sibling().map(Snapshot::id);
            boolean first =
                    sibling.isEmpty() || pairs.add(Set.of(report.snapshot().id(), sibling.get()));
            if (first || report.outcome() != DedupReport.Outcome.WOULD_SHARE) {
                saved += gain(report);
            }
        }
        return saved;
    }

    /** Only of what was done, or would be: reports of the others have the same numbers before and after. */
    private static long gain(DedupReport report) {
        return switch (report.outcome()) {
            case SHARED, WOULD_SHARE -> report.savedBytes();
            case NOTHING_TO_GAIN, NO_SIBLING, NO_CLONES, REFUSED -> 0;
        };
    }

    private ObjectNode document(List<DedupReport> reports) {
        ObjectNode document = Shown.object().put("dryRun", dryRun);
        ArrayNode snapshots = document.putArray("snapshots");
        for (DedupReport report : reports) {
            ObjectNode node = Shown.reference(report.snapshot());
            node.put("outcome", report.outcome().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .put("reason", report.reason())
                    .put(
                            "sibling",
                            report.sibling().map(other -> other.id().sha256()).orElse(null))
                    .put("pagesCompared", report.pages().compared())
                    .put("pagesMoved", report.pages().moved())
                    .put("pagesWritten", report.pages().written())
                    .put("pagesPunched", report.pages().punched())
                    .put("apparentBytes", report.apparentBytes())
                    .put("allocatedBytesBefore", report.allocatedBefore())
                    .put("allocatedBytesAfter", report.allocatedAfter())
                    .put("savedBytes", gain(report));
            snapshots.add(node);
        }
        return document.put("savedBytes", savedBytes(reports));
    }

    private void text(SnapshotStore store, List<DedupReport> reports) {
        Optional<DedupReport> without = reports.stream()
                .filter(report -> report.outcome() == DedupReport.Outcome.NO_CLONES)
                .findFirst();
        if (without.isPresent()) {
            out().println("The store " + store.folder() + " can't share blocks: "
                    + Printable.of(without.get().reason())
                    + ". Its files are sparse, and nothing more can be saved here.");
            return;
        }
        for (DedupReport report : reports) {
            out().println(Shown.title(report.snapshot()) + ": " + sentence(report));
        }
        out().println((dryRun ? "would save " : "saved ") + Sizes.of(savedBytes(reports)) + " in "
                + (reports.size() == 1 ? "1 snapshot" : reports.size() + " snapshots"));
    }

    private static String sentence(DedupReport report) {
        String sibling = report.sibling().map(Shown::title).orElse("");
        return switch (report.outcome()) {
            case SHARED -> "shares with " + sibling + ", " + numbers(report);
            case WOULD_SHARE -> "would share with " + sibling + ", " + numbers(report);
            case NOTHING_TO_GAIN -> "nothing to gain from " + sibling;
            case NO_SIBLING -> "no other snapshot is like it";
            case NO_CLONES -> "no clones here";
            case REFUSED -> "REFUSED: " + Printable.of(report.reason());
        };
    }

    private static String numbers(DedupReport report) {
        return String.format(
                Locale.ROOT,
                "%s instead of %s (%d of %d pages written)",
                Sizes.of(report.allocatedAfter()),
                Sizes.of(report.allocatedBefore()),
                report.pages().written(),
                report.pages().compared());
    }
}
