// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.LockedException;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStatus;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Removes them. */
@Command(
        name = "rm",
        description = {
            "Removes snapshots, and what only they had.",
            "What is pinned or in use stays, and the exit code is 1 then."
        })
final class RmCommand extends StoreCommand {
    @Parameters(paramLabel = "SNAPSHOT", arity = "0..*", description = "The beginning of an id, or a name.")
    private List<String> arguments = List.of();

    @Option(names = "--all", description = "Removes all snapshots.")
    private boolean all;

    @Override
    int run(SnapshotStore store, ThawConfig config) {
        if (all != arguments.isEmpty()) {
            throw usage("Name the snapshots that are to go, or give --all.");
        }
        List<SnapshotStatus> there = store.status();
        List<Snapshot> removed = new ArrayList<>();
        Map<Snapshot, String> refused = new LinkedHashMap<>();
        for (SnapshotStatus status : all ? there : new Names(there).resolve(arguments)) {
            try {
                store.remove(status.snapshot().id());
                removed.add(status.snapshot());
            } catch (LockedException e) {
                refused.put(status.snapshot(), e.getMessage());
            }
        }
        if (json()) {
            print(document(removed, refused));
        } else {
            removed.forEach(snapshot -> out().println("removed " + Shown.title(snapshot)));
            out().flush();
            refused.values().forEach(reason -> err().println("thaw: " + Printable.of(reason)));
        }
        return refused.isEmpty() ? ExitCode.DONE : ExitCode.FOUND;
    }

    private static ObjectNode document(List<Snapshot> removed, Map<Snapshot, String> refused) {
        ObjectNode document = Shown.object();
        ArrayNode gone = document.putArray("removed");
        removed.stream().map(Shown::reference).forEach(gone::add);
        ArrayNode kept = document.putArray("refused");
        refused.forEach((snapshot, reason) -> kept.add(Shown.reference(snapshot).put("reason", reason)));
        return document;
    }
}
