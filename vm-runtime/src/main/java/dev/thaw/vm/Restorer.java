// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.vm.bake.Plan;
import dev.thaw.vm.bake.SnapshotNotes;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.guest.ServiceState;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.instance.InstanceId;
import dev.thaw.vm.instance.RunFolder;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Makes VMs from snapshots. Thread-safe. */
final class Restorer {
    private static final Duration LISTENING_INTERVAL = Duration.ofMillis(10);

    private final Engine engine;
    private final Leases leases;

    Restorer(Engine engine, Leases leases) {
        this.engine = engine;
        this.leases = leases;
    }

    /**
     * Returns when the service is ready.
     *
     * @param bakedNow for the report
     * @param onClose told when the VM is closed
     */
    RunningVm restore(Plan plan, Snapshot snapshot, boolean bakedNow, Consumer<RunningVm> onClose) {
        Deadline deadline = Deadline.in(plan.spec().readyTimeout());
        String id = InstanceId.of(plan.name());
        try {
            RunFolder folder =
                    RunFolder.create(leases, id, Optional.of(snapshot.key().sha256()));
            MachineSpec machine = plan.machine(id, folder.path(), snapshot.memory());
            Instance instance =
                    Instance.restore(engine, machine, snapshot.deviceState(), folder, plan.ports(), deadline);
            try {
                SnapshotNotes notes = SnapshotNotes.read(snapshot);
                makeReady(instance, notes, deadline);
                StartReport report = new StartReport(
                        bakedNow, snapshot.manifest().bakeDuration(), notes.coldBoot(), deadline.elapsed());
                return new RunningVm(plan, instance, report, onClose);
            } catch (IOException | RuntimeException e) {
                instance.close();
                throw e;
            }
        } catch (IOException e) {
            throw new RestoreException(
                    "Could not thaw " + plan.name() + " (" + id + ") from its snapshot " + snapshot.folder() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private static void makeReady(Instance instance, SnapshotNotes notes, Deadline deadline) throws IOException {
        try {
            ServiceState service = instance.resume(deadline);
            if (!service.isRunning()) {
                throw new NotReadyException("The service of " + instance.id() + " " + service.describe()
                        + " before or right after the thaw.\n" + instance.lastWords());
            }
            awaitListening(instance, notes, deadline);
            instance.openPorts(deadline);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "\n" + instance.lastWords(), e);
        }
    }

    /** Ports that were listening at the freeze still are, unless the service reacts badly to the thaw. */
    private static void awaitListening(Instance instance, SnapshotNotes notes, Deadline deadline) throws IOException {
        SortedSet<Integer> listening = listening(instance, deadline);
        while (!listening.containsAll(notes.listening())) {
            if (deadline.isOver()) {
                throw new NotReadyException("The ports " + notes.listening() + " were listening in " + instance.id()
                        + " when it was frozen; " + deadline.limit().toSeconds() + " s after the thaw only " + listening
                        + " are. Does the service close its ports when time jumps?\n" + instance.lastWords());
            }
            LockSupport.parkNanos(LISTENING_INTERVAL.toNanos());
            listening = listening(instance, deadline);
        }
    }

    private static SortedSet<Integer> listening(Instance instance, Deadline deadline) throws IOException {
        return Await.get(instance.guest().listening(), deadline, "the list of listening ports");
    }
}
