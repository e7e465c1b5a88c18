// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.dedup.DedupProgress;
import dev.thaw.snapshot.dedup.Deduplicator;
import java.nio.file.Files;
import java.nio.file.Path;

/** The main class of a JVM that says, after each step, whether JNA has loaded its library: it sets a property then. */
final class NativeCodeProcess {
    private NativeCodeProcess() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path file = Files.createFile(folder.resolve("file"));
        FileBlocks blocks = FileBlocks.probe(folder);
        BakingProcess.say(new Deduplicator(blocks).replace(file, file, DedupProgress.NONE) + " " + loaded());
        BakingProcess.say(blocks.allocation(file) + " " + loaded());
    }

    private static boolean loaded() {
        return System.getProperty("jnidispatch.path") != null;
    }
}
