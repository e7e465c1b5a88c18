// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import dev.thaw.snapshot.SnapshotId;
import dev.thaw.snapshot.SnapshotStore;
import picocli.CommandLine.Command;

/** Keeps them. */
@Command(name = "pin", description = "Keeps snapshots from being swept or removed, until `thaw cache unpin`.")
final class PinCommand extends PinningCommand {
    PinCommand() {
        super("pinned");
    }

    @Override
    void change(SnapshotStore store, SnapshotId id) {
        store.pin(id);
    }
}
