// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import dev.thaw.snapshot.SnapshotId;
import dev.thaw.snapshot.SnapshotStore;
import picocli.CommandLine.Command;

/** Lets them go. */
@Command(name = "unpin", description = "Lets pinned snapshots be swept and removed again.")
final class UnpinCommand extends PinningCommand {
    UnpinCommand() {
        super("unpinned");
    }

    @Override
    void change(SnapshotStore store, SnapshotId id) {
        store.unpin(id);
    }
}
