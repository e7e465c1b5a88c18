// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import dev.thaw.snapshot.disk.FileState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the system said of a file when its content was known to be right; as long as it says the same, nobody has
 * written to the file.
 */
record Seal(FileState state) {

    /** What the file says now; empty if there is none, or no regular one. Links are not followed. */
    static Optional<Seal> of(Path file) throws IOException {
        return FileState.find(file).filter(FileState::regular).map(Seal::new);
    }

    long lengthBytes() {
        return state.lengthBytes();
    }

    /** A line; what follows in it is for people and for sums. Without the device, whose number a reboot can change. */
    String encode() {
        return "thaw-seal 1 " + state.lengthBytes() + " " + state.id().inode() + " " + state.modifiedNanos() + " "
                + state.changedNanos() + " ";
    }
}
