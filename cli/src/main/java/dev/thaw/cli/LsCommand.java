// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.SnapshotId;
import dev.thaw.snapshot.SnapshotStatus;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.Command;

/** Lists them. */
@Command(
        name = "ls",
        description = {
            "Lists snapshots, the last used first.",
            "OWN is what no other snapshot has or shares: about what goes with it."
        })
final class LsCommand extends StoreCommand {
    @Override
    int run(SnapshotStore store, ThawConfig config) {
        List<SnapshotStatus> all = store.status().stream()
                .sorted(Comparator.comparing(SnapshotStatus::lastUse).reversed())
                .toList();
        if (json()) {
            ObjectNode document = Shown.object();
            document.putArray("snapshots")
                    .addAll(all.stream().map(Shown::status).toList());
            print(document);
        } else if (all.isEmpty()) {
            out().println("There are no snapshots in " + store.folder() + ".");
        } else {
            table(all);
        }
        return ExitCode.DONE;
    }

    private void table(List<SnapshotStatus> all) {
        Instant now = Instant.now();
        Table table = new Table(
                Table.Column.left("ID"),
                Table.Column.left("NAME"),
                Table.Column.left("IMAGE"),
                Table.Column.left("CREATED"),
                Table.Column.left("LAST USED"),
                Table.Column.right("MEMORY"),
                Table.Column.right("OWN"),
                Table.Column.left("REMARKS"));
        for (SnapshotStatus status : all) {
            table.add(
                    status.snapshot().id().abbreviated(),
                    Shown.name(status.snapshot()).orElse("-"),
                    Shown.shortImage(status.snapshot()),
                    Times.ago(status.snapshot().manifest().created(), now),
                    Times.ago(status.lastUse(), now),
                    Sizes.of(Shown.memoryBytes(status.snapshot())),
                    Sizes.of(status.ownBytes()),
                    remarks(status));
        }
        table.print(out());
    }

    private static String remarks(SnapshotStatus status) {
        List<String> remarks = new ArrayList<>();
        status.snapshot()
                .manifest()
                .parent()
                .map(SnapshotId::abbreviated)
                .ifPresent(parent -> remarks.add("checkpoint of " + parent));
        if (status.pinned()) {
            remarks.add("pinned");
        }
        if (!status.users().isEmpty()) {
            remarks.add("used by " + Shown.users(status.users()));
        }
        return String.join(", ", remarks);
    }
}
