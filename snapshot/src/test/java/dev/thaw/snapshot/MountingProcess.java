// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.testing.LoopFileSystem;
import java.io.IOException;

/** The main class of a JVM that mounts a file system and is killed before it unmounts it. */
final class MountingProcess {
    private MountingProcess() {}

    public static void main(String[] arguments) throws IOException {
        try (LoopFileSystem disk = LoopFileSystem.ext4()) {
            BakingProcess.say(disk.folder().toString());
            BakingProcess.await();
        }
    }
}
