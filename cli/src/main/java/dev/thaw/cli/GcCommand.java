// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.SweepLimits;
import dev.thaw.snapshot.SweepReport;
import dev.thaw.vm.CacheLimits;
import dev.thaw.vm.ThawConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Sweeps. */
@Command(
        name = "gc",
        description = {
            "Removes what nothing refers to, snapshots that were not used for long, and then, least recently used first,"
                    + " those beyond the size.",
            "What is pinned or in use stays; if that alone is beyond the size, the exit code is 1."
        })
final class GcCommand extends StoreCommand {
    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            description = "What all may take, for example 20g; thaw.cache.max.bytes, or else 10 %% of the file system.")
    private Optional<String> maxBytes = Optional.empty();

    @Option(
            names = "--max-age",
            paramLabel = "TIME",
            description =
                    "How long ago one may have been used last, for example 12h, 30d; thaw.cache.max.age, or else 30d.")
    private Optional<String> maxAge = Optional.empty();

    @Option(
            names = {"-n", "--dry-run"},
            description = "Says what would go, and changes nothing.")
    private boolean dryRun;

    @Override
    int run(SnapshotStore store, ThawConfig config) throws IOException {
        SweepLimits limits = limits(store, config.cache());
        SweepReport report = dryRun ? store.planSweep(limits) : store.sweep(limits);
        if (json()) {
            print(document(report, limits));
        } else {
            text(report, limits);
        }
        return report.keptBytes() > limits.maxBytes() ? ExitCode.FOUND : ExitCode.DONE;
    }

    private SweepLimits limits(SnapshotStore store, CacheLimits configured) throws IOException {
        Duration age = maxAge.map(CacheLimits::age).orElse(configured.maxAge());
        long bytes = maxBytes.isPresent() ? CacheLimits.bytes(maxBytes.get()) : configured.maxBytesIn(store.folder());
        return new SweepLimits(bytes, age);
    }

    private ObjectNode document(SweepReport report, SweepLimits limits) {
        ObjectNode document = Shown.object()
                .put("dryRun", dryRun)
                .put("maxBytes", limits.maxBytes())
                .put("maxAge", limits.maxAge().toString());
        ArrayNode removed = document.putArray("removed");
        report.removed().stream().map(Shown::reference).forEach(removed::add);
        return document.put("blobs", report.blobs())
                .put("freedBytes", report.freedBytes())
                .put("keptBytes", report.keptBytes());
    }

    private void text(SweepReport report, SweepLimits limits) {
        for (Snapshot snapshot : report.removed()) {
            out().println((dryRun ? "would remove " : "removed ") + Shown.title(snapshot));
        }
        int count = report.removed().size();
        out().println((dryRun ? "would free " : "freed ") + Sizes.of(report.freedBytes()) + " in "
                + (count == 1 ? "1 snapshot" : count + " snapshots") + ", " + Sizes.of(report.keptBytes()) + " "
                + (dryRun ? "would stay" : "stay"));
        if (report.keptBytes() > limits.maxBytes()) {
            out().flush();
            err().println("thaw: what stays is pinned or in use, and more than " + Sizes.of(limits.maxBytes())
                    + "; `thaw cache ls` says by whom.");
        }
    }
}
