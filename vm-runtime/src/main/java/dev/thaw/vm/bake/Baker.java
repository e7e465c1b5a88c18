// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import dev.thaw.snapshot.Draft;
import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotException;
import dev.thaw.vm.BakeException;
import dev.thaw.vm.BakeException.Phase;
import dev.thaw.vm.VmException;
import dev.thaw.vm.Wait;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.engine.Scratch;
import dev.thaw.vm.guest.GuestRefusedException;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.instance.InstanceId;
import dev.thaw.vm.instance.RunFolder;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.ready.Readiness;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes snapshots: boots, waits until the service is ready, freezes. Thread-safe. */
public final class Baker {
    private static final Logger LOG = LoggerFactory.getLogger(Baker.class);

    /** With less than that free, a disk counts as full. */
    private static final long FULL_BELOW_BYTES = 1 << 20;

    private final Engine engine;
    private final Leases leases;

    public Baker(Engine engine, Leases leases) {
        this.engine = engine;
        this.leases = leases;
    }

    /**
     * Bakes into a draft of the store.
     *
     * @param others the store's snapshots, to tell why none of them does
     * @throws VmException if it can't be done: BakeException with the phase, or NotReadyException
     */
    public void bake(Plan plan, Draft draft, Collection<Snapshot> others) {
        LOG.info(
                "Baking {} from {}{}. This is done once.",
                plan.name(),
                plan.spec().image(),
                BakeReason.of(plan.name(), plan.key(), others)
                        .map(differences -> " anew: " + differences)
                        .orElse(""));
        Deadline deadline = Deadline.in(plan.spec().bakeTimeout());
        Run run = new Run(plan, draft, deadline);
        try {
            run.bake();
        } catch (IOException e) {
            throw failed(plan, run, fullDisk(draft) + e.getMessage(), e);
        } catch (SnapshotException e) {
            throw failed(plan, run, e.getMessage(), e);
        }
    }

    private static BakeException failed(Plan plan, Run run, String why, Exception cause) {
        return new BakeException(
                run.phase,
                "Could not bake " + plan.name() + " from " + plan.spec().image() + ": " + describe(run.phase)
                        + " failed after " + run.deadline.elapsed().toMillis() + " ms"
                        + (run.deadline.isOver()
                                ? " (the bake may take " + run.deadline.limit().toMillis() + " ms)"
                                : "")
                        + ". " + why,
                cause);
    }

    /** A machine whose memory file finds no room on the disk is ended by a signal, which says nothing about a disk. */
    private static String fullDisk(Draft draft) {
        try {
            draft.requireSpace(FULL_BELOW_BYTES);
            return "";
        } catch (SnapshotException e) {
            return e.getMessage() + "\n";
        }
    }

    private static String describe(Phase phase) {
        return switch (phase) {
            case PREPARE -> "preparing";
            case BOOT -> "booting the machine";
            case START -> "starting the service";
            case WAIT -> "waiting for the service";
            case SETTLE -> "letting the service come to rest";
            case QUIESCE -> "bringing the guest to rest";
            case FREEZE -> "freezing memory and devices";
            case STORE -> "storing the snapshot";
        };
    }

    /** One bake, which knows how far it has come. */
    private final class Run {
        private final Plan plan;
        private final Draft draft;
        private final Deadline deadline;
        private Phase phase = Phase.PREPARE;

        Run(Plan plan, Draft draft, Deadline deadline) {
            this.plan = plan;
            this.draft = draft;
            this.deadline = deadline;
        }

        void bake() throws IOException {
            requireMemory();
            draft.requireSpace(2 * plan.spec().memoryBytes());
            Optional<Scratch> scratch = plan.emptyScratch(draft);
            String id = InstanceId.of(plan.name());
            // From here on nothing may fail before the folder is the instance's.
            RunFolder folder = RunFolder.create(leases, id, Optional.empty());
            MachineSpec bare = plan.machine(id, folder.path(), draft.rawMemory());
            MachineSpec machine = scratch.map(bare::with).orElse(bare);
            phase = Phase.BOOT;
            try (Instance instance = Instance.boot(engine, machine, folder, httpPorts(), deadline)) {
                bake(instance);
            }
            phase = Phase.STORE;
        }

        private void requireMemory() throws IOException {
            long wanted = plan.spec().memoryBytes();
            long there = HostMemory.totalBytes();
            if (wanted > there) {
                throw new IOException("The spec asks for " + (wanted >> 20) + " MiB of memory, and this machine has "
                        + (there >> 20) + " MiB. Give it less.");
            }
        }

        private void bake(Instance instance) throws IOException {
            try {
                instance.resume(deadline);
                phase = Phase.START;
                start(instance);
                phase = Phase.WAIT;
                awaitReady(instance);
                Duration ready = deadline.elapsed();
                SortedSet<Integer> listening =
                        Await.get(instance.guest().listening(), deadline, "the list of listening ports");
                phase = Phase.SETTLE;
                new Settling(instance, plan.spec().cpus()).settle(plan.portsAmong(listening), deadline);
                phase = Phase.QUIESCE;
                Await.get(instance.guest().quiesce(), deadline, "the guest to come to rest");
                phase = Phase.FREEZE;
                instance.machine().freeze(draft.deviceState(), deadline);
                plan.referTo(draft);
                SnapshotNotes.write(draft, plan.name(), ready, listening);
            } catch (IOException e) {
                throw new IOException(e.getMessage() + "\n" + instance.lastWords(), e);
            }
        }

        private void start(Instance instance) throws IOException {
            try {
                Await.get(instance.guest().start(plan.service()), deadline, "the service's start");
            } catch (GuestRefusedException e) {
                throw new IOException(
                        "The image's command " + plan.service().argv() + " can't be run: " + e.getMessage()
                                + ". Check entrypoint, command, user and working directory of the image and the spec.",
                        e);
            }
        }

        private void awaitReady(Instance instance) throws IOException {
            instance.openPorts(deadline);
            plan.readiness(instance).await(waits(), deadline);
        }

        private List<Wait> waits() {
            List<Wait> given = plan.spec().waits();
            return given.isEmpty() ? List.of(Wait.image()) : given;
        }

        /** At a bake only HTTP waits come through ports of the host. */
        private Collection<Integer> httpPorts() {
            return waits().stream()
                    .filter(Wait.Http.class::isInstance)
                    .map(wait -> Readiness.port((Wait.Http) wait, plan.ports()))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
