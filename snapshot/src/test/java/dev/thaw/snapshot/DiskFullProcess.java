// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The main class of a JVM with a store on a disk of 3 MiB: tries to keep 2 MiB of memory twice, then 64 KiB. */
final class DiskFullProcess {
    private DiskFullProcess() {}

    public static void main(String[] arguments) throws IOException {
        Path disk = Path.of(arguments[0]);
        SnapshotStore store = SnapshotStore.open(disk.resolve("store"));
        try {
            store.findOrBake(Bakes.key("big"), Bakes.TIMEOUT, draft -> {
                Bakes.memory(draft.rawMemory(), 1024, 2, 1);
                Files.writeString(draft.deviceState(), "devices");
            });
            BakingProcess.say("baked");
        } catch (DiskFullException e) {
            BakingProcess.say(e.getMessage());
            BakingProcess.say(String.valueOf(e.neededBytes()));
            BakingProcess.say(String.valueOf(e.freeBytes()));
            BakingProcess.say(String.valueOf(e.getCause()));
        }
        try (Stream<Path> drafts = Files.list(store.folder().resolve("drafts"))) {
            BakingProcess.say("drafts left: " + drafts.count());
        }
        Snapshot small = Bakes.bake(store, Bakes.key("small"));
        BakingProcess.say("then intact: " + store.verify(small).intact());
    }
}
