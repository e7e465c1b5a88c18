// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotFile;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.Checkpoint;
import dev.thaw.vm.GuestException;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.Vm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The main class of a JVM whose store is on a disk of its own: uses VMs with scratch disks. */
public final class ScratchProcess {
    private static final Path STORE = ThawConfig.load().home().resolve("snapshots");
    private static final String FILL = "yes 0123456789abcdef0123456789abcdef | dd of=/data/large bs=64k";

    private ScratchProcess() {}

    /**
     * Says what it saw.
     *
     * @param arguments "copies", or "full" for a disk that is smaller than the scratch disk
     */
    public static void main(String[] arguments) throws IOException {
        try (Thaw thaw = Thaw.open();
                Vm one = thaw.start(Specs.onDisk())) {
            say("disk", kind());
            if (arguments[0].equals("full")) {
                fill(one);
            } else {
                useCopies(thaw, one);
            }
        }
        say("left", instances().toString());
        verify();
    }

    private static void useCopies(Thaw thaw, Vm one) {
        try (Vm two = thaw.start(Specs.onDisk())) {
            run(one, "echo one > /data/early; sync");
            say("one", run(one, "cat /data/early"));
            say("two", run(two, "cat /data/early"));
        }
        run(one, "echo more > /data/more");
        try (Checkpoint checkpoint = one.checkpoint()) {
            run(one, "echo later > /data/more; sync");
            try (Vm three = thaw.start(checkpoint)) {
                run(three, "echo 3 > /proc/sys/vm/drop_caches");
                say("three", run(three, "cat /data/early /data/more").replace('\n', ' '));
            }
        }
        say("one", run(one, "cat /data/more"));
    }

    private static void fill(Vm vm) {
        try {
            say("filled", run(vm, FILL));
        } catch (GuestException e) {
            say("failed", e.getMessage());
        }
        try {
            say("then", run(vm, "true"));
        } catch (GuestException e) {
            say("then", e.getMessage());
        }
    }

    private static String run(Vm vm, String script) {
        return vm.exec("sh", "-c", script).stdout().strip();
    }

    private static List<Path> instances() throws IOException {
        try (Stream<Path> all = Files.list(STORE.resolve("instances"))) {
            return all.toList();
        }
    }

    private static String kind() throws IOException {
        try (InputStream in = Files.newInputStream(instances().get(0).resolve("scratch"))) {
            return new String(in.readNBytes(3), StandardCharsets.ISO_8859_1).equals("QFI") ? "overlay" : "clone";
        }
    }

    private static void verify() {
        try (SnapshotStore store = SnapshotStore.open(STORE)) {
            for (Snapshot snapshot : store.list()) {
                say(
                        "snapshot",
                        snapshot.manifest().files().containsKey(SnapshotFile.SCRATCH) + " "
                                + store.verify(snapshot).problems());
            }
        }
    }

    private static void say(String name, String what) {
        System.out.println(name + ": " + what);
    }
}
