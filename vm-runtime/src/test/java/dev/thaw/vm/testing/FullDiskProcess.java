// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import dev.thaw.vm.BakeException;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.VmSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The main class of a JVM whose store is on a small disk: bakes what is too large for it, and then what would fit if nobody
 * else filled the disk meanwhile.
 */
public final class FullDiskProcess {
    private static final long LOOK_NANOS = 5_000_000;
    private static final int CHUNK = 64 * 1024;

    private FullDiskProcess() {}

    /** Says what came of each bake. */
    public static void main(String[] arguments) throws IOException {
        Path store = ThawConfig.load().home().resolve("snapshots");
        Path filler = store.resolve("filler");
        VmSpec spec = Specs.web();
        try (Thaw thaw = Thaw.open()) {
            bake("too large", thaw, spec.memory("1g"));
            say(store, filler);
            CompletableFuture<Void> full = CompletableFuture.runAsync(() -> fillOnceTheMachineRuns(store, filler));
            bake("filled", thaw, spec);
            full.join();
            say(store, filler);
        }
    }

    private static void bake(String name, Thaw thaw, VmSpec spec) {
        try {
            System.out.println(name + ": baked " + thaw.bake(spec));
        } catch (BakeException e) {
            System.out.println(name + ": " + e.phase() + ": " + e.getMessage());
        }
    }

    /** What is left of a bake, here and where VMs run; locks, the filler and the last sweep's time are nothing of a bake. */
    private static void say(Path store, Path filler) throws IOException {
        System.out.println("left: "
                + Stream.concat(files(store).stream(), files(runRoot()).stream())
                        .filter(file -> !file.equals(filler)
                                && !file.equals(store.resolve("swept"))
                                && !file.toString().endsWith(".lock"))
                        .toList());
    }

    private static Path runRoot() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static void fillOnceTheMachineRuns(Path store, Path filler) {
        byte[] chunk = new byte[CHUNK];
        try {
            while (files(store).stream().noneMatch(file -> file.endsWith("memory.raw"))) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
            try (OutputStream out = Files.newOutputStream(filler)) {
                while (true) {
                    out.write(chunk);
                }
            }
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left")) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
