// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.DiskUsage;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import java.util.List;
import java.util.OptionalLong;
import picocli.CommandLine.Command;

/** Measures them. */
@Command(
        name = "du",
        description = {
            "Shows what snapshots take on disk.",
            "LENGTH counts holes, too. ON DISK is what their blocks take, and SHARED those of them that others have, too;"
                    + " the sum counts each block once."
        })
final class DuCommand extends ChosenCommand {
    @Override
    int run(SnapshotStore store, ThawConfig config) {
        List<Snapshot> chosen = chosen(store);
        DiskUsage usage = store.usage(chosen);
        if (json()) {
            print(document(usage));
        } else {
            table(usage);
        }
        return ExitCode.DONE;
    }

    private static ObjectNode document(DiskUsage usage) {
        ObjectNode document = Shown.object();
        ArrayNode snapshots = document.putArray("snapshots");
        for (DiskUsage.OfSnapshot of : usage.snapshots()) {
            ObjectNode node = Shown.reference(of.snapshot()).put("apparentBytes", of.apparentBytes());
            put(node, "allocatedBytes", of.blocks().allocatedBytes());
            put(node, "sharedBytes", of.blocks().sharedBytes());
            snapshots.add(node);
        }
        document.put("apparentBytes", usage.apparentBytes());
        put(document, "allocatedBytes", usage.allocatedBytes());
        return document.put("reason", usage.reason());
    }

    private static void put(ObjectNode node, String name, OptionalLong value) {
        if (value.isPresent()) {
            node.put(name, value.getAsLong());
        } else {
            node.putNull(name);
        }
    }

    private void table(DiskUsage usage) {
        Table table = new Table(
                Table.Column.left("ID"),
                Table.Column.left("NAME"),
                Table.Column.right("LENGTH"),
                Table.Column.right("ON DISK"),
                Table.Column.right("SHARED"));
        for (DiskUsage.OfSnapshot of : usage.snapshots()) {
            table.add(
                    of.snapshot().id().abbreviated(),
                    Shown.name(of.snapshot()).orElse("-"),
                    Sizes.of(of.apparentBytes()),
                    size(of.blocks().allocatedBytes()),
                    size(of.blocks().sharedBytes()));
        }
        table.add("all", "", Sizes.of(usage.apparentBytes()), size(usage.allocatedBytes()), "");
        table.print(out());
        if (!usage.reason().isEmpty()) {
            out().println(Printable.of(usage.reason()));
        }
    }

    private static String size(OptionalLong bytes) {
        return bytes.isPresent() ? Sizes.of(bytes.getAsLong()) : "unknown";
    }
}
