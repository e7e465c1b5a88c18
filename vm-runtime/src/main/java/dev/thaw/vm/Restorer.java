// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.devices.FileService;
import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotException;
import dev.thaw.snapshot.SnapshotId;
import dev.thaw.vm.bake.Plan;
import dev.thaw.vm.bake.SnapshotNotes;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.guest.ServiceState;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.instance.InstanceId;
import dev.thaw.vm.instance.RunFolder;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.share.Shares;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Makes VMs from snapshots. Thread-safe. */
final class Restorer {
    private final Engine engine;
    private final FileService files;
    private final Leases leases;
    private final Checkpointer checkpointer;

    Restorer(Engine engine, FileService files, Leases leases, Checkpointer checkpointer) {
        this.engine = engine;
        this.files = files;
        this.leases = leases;
        this.checkpointer = checkpointer;
    }

    /** What a VM is made from, and whether it was baked for this very VM. */
    record Source(Snapshot snapshot, boolean bakedNow) {}

    /**
     * Returns when the service is ready.
     *
     * @param snapshot what the source finds
     * @param source finds the snapshot or bakes it; asked under a lease, so that nobody removes what it finds
     * @param onClose told when the VM is closed
     */
    RunningVm restore(Plan plan, SnapshotId snapshot, Supplier<Source> source, Consumer<RunningVm> onClose) {
        String id = InstanceId.of(plan.name());
        try (CloseStack undo = new CloseStack()) {
            RunFolder folder = undo.push(RunFolder.create(leases, id, Optional.of(snapshot)));
            Source from = source.get();
            MachineSpec machine = plan.restored(id, folder.path(), from.snapshot, folder.scratch(from.snapshot));
            // From here on the folder is the instance's.
            undo.release();
            return restore(plan, from, machine, folder, onClose);
        } catch (IOException | SnapshotException e) {
            throw new RestoreException(
                    "Could not thaw " + plan.name() + " (" + id + "): its folder below " + leases.runRoot()
                            + ", or its scratch disk, can't be made: " + e.getMessage(),
                    e);
        }
    }

    private RunningVm restore(
            Plan plan, Source from, MachineSpec machine, RunFolder folder, Consumer<RunningVm> onClose) {
        Deadline deadline = Deadline.in(plan.spec().readyTimeout());
        Snapshot snapshot = from.snapshot;
        try (CloseStack undo = new CloseStack()) {
            Instance instance = undo.push(
                    Instance.restore(engine, machine, snapshot.deviceState(), folder, plan.ports(), deadline));
            SnapshotNotes notes = SnapshotNotes.read(snapshot);
            boolean running = snapshot.manifest().parent().isPresent();
            Shares shares = instance.openShares(files, running);
            for (ShareSpec share : plan.spec().shares()) {
                shares.attach(share, plan.service().user(), deadline);
            }
            makeReady(plan, instance, notes, deadline);
            StartReport report = new StartReport(
                    from.bakedNow, snapshot.manifest().duration(), notes.coldBoot(), deadline.elapsed());
            undo.release();
            return new RunningVm(plan, instance, shares, report, snapshot, checkpointer, onClose);
        } catch (IOException e) {
            throw new RestoreException(
                    "Could not thaw " + plan.name() + " (" + machine.id() + ") from its snapshot "
                            + snapshot.id().abbreviated() + ": " + e.getMessage(),
                    e);
        }
    }

    private static void makeReady(Plan plan, Instance instance, SnapshotNotes notes, Deadline deadline)
            throws IOException {
        try {
            ServiceState service = instance.resume(deadline);
            if (!service.isRunning()) {
                throw new NotReadyException("The service of " + instance.id() + " " + service.describe()
                        + " before or right after the thaw.\n" + instance.lastWords());
            }
            awaitListening(plan, instance, notes, deadline);
            instance.openPorts(deadline);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "\n" + instance.lastWords(), e);
        }
    }

    /** Ports that were listening at the freeze still are, unless the service reacts badly to the thaw. */
    private static void awaitListening(Plan plan, Instance instance, SnapshotNotes notes, Deadline deadline)
            throws IOException {
        List<Integer> frozen = plan.portsAmong(notes.listening());
        if (!frozen.isEmpty()) {
            plan.readiness(instance).await(List.of(new Wait.Ports(frozen)), deadline);
        }
    }
}
