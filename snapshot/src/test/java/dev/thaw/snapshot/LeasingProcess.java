// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The main class of a JVM that takes a lease: {@code STORE RUNROOT}. Makes its run folder and a child, notes both, says
 * the child's number, and waits to be killed.
 */
final class LeasingProcess {
    private LeasingProcess() {}

    public static void main(String[] arguments) throws IOException {
        SnapshotStore store = SnapshotStore.open(Path.of(arguments[0]));
        Leases leases = store.leases(Path.of(arguments[1]));
        Path runFolder = leases.runRoot().resolve("vm-1");
        Optional<SnapshotId> snapshot = Optional.of(SnapshotId.of(Bakes.key("redis")));
        try (Lease lease = leases.acquire(new LeaseInfo("CounterTest", runFolder, snapshot))) {
            Files.createDirectories(runFolder.resolve("deep"));
            Files.writeString(runFolder.resolve("deep/console.log"), "hello");
            Process child = new ProcessBuilder("sleep", "600").start();
            lease.child(child.toHandle());
            BakingProcess.say(Long.toString(child.pid()));
            BakingProcess.await();
            child.destroyForcibly();
        }
    }
}
