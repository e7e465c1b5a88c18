// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.dedup.Deduplicator;
import java.io.IOException;
import java.nio.file.Path;

/** The main class of a JVM that dedups a file and stops in the middle, to be killed there. */
final class DedupingProcess {
    private DedupingProcess() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Path.of(arguments[0]);
        new Deduplicator(FileBlocks.probe(folder))
                .replace(folder.resolve("canonical"), folder.resolve("target"), (done, total) -> {
                    BakingProcess.say("midway");
                    BakingProcess.await();
                });
    }
}
