// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStatus;
import dev.thaw.snapshot.SnapshotStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleConsumer;
import picocli.CommandLine.Parameters;

/** Commands for the snapshots that are named, or for all. */
abstract class ChosenCommand extends StoreCommand {
    @Parameters(paramLabel = "SNAPSHOT", arity = "0..*", description = "All if none is given.")
    private List<String> arguments = List.of();

    final boolean all() {
        return arguments.isEmpty();
    }

    /** The oldest first. */
    final List<Snapshot> chosen(SnapshotStore store) {
        List<SnapshotStatus> there = store.status();
        return (all() ? there : new Names(there).resolve(arguments))
                .stream()
                        .map(SnapshotStatus::snapshot)
                        .sorted(Comparator.comparing((Snapshot snapshot) ->
                                        snapshot.manifest().created())
                                .thenComparing(Snapshot::id))
                        .toList();
    }

    /**
     * Does something that takes long with each of them, and shows how far it is.
     *
     * @param doing what, in one word
     * @param work is given a snapshot, and whom to tell how much of it is done, from 0 to 1
     */
    final <R> List<R> each(String doing, List<Snapshot> snapshots, BiFunction<Snapshot, DoubleConsumer, R> work) {
        List<R> results = new ArrayList<>();
        try (Progress progress = progress(doing)) {
            for (Snapshot snapshot : snapshots) {
                progress.step(results.size(), snapshots.size(), doing + " " + Shown.title(snapshot));
                results.add(work.apply(snapshot, progress::show));
            }
        }
        return results;
    }
}
