// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.SnapshotId;
import dev.thaw.snapshot.SnapshotStatus;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import java.util.List;
import picocli.CommandLine.Parameters;

/** Sets or takes away the pins of the snapshots that are named. */
abstract class PinningCommand extends StoreCommand {
    @Parameters(paramLabel = "SNAPSHOT", arity = "1..*", description = "The beginning of an id, or a name.")
    private List<String> arguments = List.of();

    private final String done;

    /** @param done what has been done to a snapshot then, in one word */
    PinningCommand(String done) {
        this.done = done;
    }

    abstract void change(SnapshotStore store, SnapshotId id);

    @Override
    final int run(SnapshotStore store, ThawConfig config) {
        List<SnapshotStatus> chosen = new Names(store.status()).resolve(arguments);
        chosen.forEach(status -> change(store, status.snapshot().id()));
        if (json()) {
            ObjectNode document = Shown.object();
            ArrayNode changed = document.putArray(done);
            chosen.forEach(status -> changed.add(Shown.reference(status.snapshot())));
            print(document);
        } else {
            chosen.forEach(status -> out().println(done + " " + Shown.title(status.snapshot())));
        }
        return ExitCode.DONE;
    }
}
