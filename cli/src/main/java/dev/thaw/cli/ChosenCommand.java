// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStatus;
import dev.thaw.snapshot.SnapshotStore;
import java.util.Comparator;
import java.util.List;
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
}
