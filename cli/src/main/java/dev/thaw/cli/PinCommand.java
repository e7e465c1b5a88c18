// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.SnapshotStatus;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Keeps them. */
@Command(name = "pin", description = "Keeps snapshots from being swept or removed, until `thaw cache unpin`.")
final class PinCommand extends StoreCommand {
    @Parameters(paramLabel = "SNAPSHOT", arity = "1..*", description = "The beginning of an id, or a name.")
    private List<String> arguments = List.of();

    @Override
    int run(SnapshotStore store, ThawConfig config) {
        List<SnapshotStatus> chosen = new Names(store.status()).resolve(arguments);
        chosen.forEach(status -> store.pin(status.snapshot().id()));
        if (json()) {
            ObjectNode document = Shown.object();
            ArrayNode done = document.putArray("pinned");
            chosen.forEach(status -> done.add(Shown.reference(status.snapshot())));
            print(document);
        } else {
            chosen.forEach(status -> out().println("pinned " + Shown.title(status.snapshot())));
        }
        return ExitCode.DONE;
    }
}
