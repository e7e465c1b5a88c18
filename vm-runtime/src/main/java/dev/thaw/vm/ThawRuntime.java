// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.devices.FileService;
import dev.thaw.guest.Architecture;
import dev.thaw.guest.Boot;
import dev.thaw.guest.GuestKernelException;
import dev.thaw.guest.GuestKit;
import dev.thaw.image.ImageStore;
import dev.thaw.snapshot.DiskFullException;
import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.LockedException;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotException;
import dev.thaw.snapshot.SnapshotId;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.StoreOptions;
import dev.thaw.vm.bake.Baker;
import dev.thaw.vm.bake.Plan;
import dev.thaw.vm.bake.Planner;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.instance.RunFolder;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.qemu.QemuEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** {@link Thaw} as it is: a store, an engine, and what they made that still lives. */
final class ThawRuntime implements Thaw {
    /** How much longer than its own timeout a bake in another JVM may take, to write its snapshot. */
    private static final Duration STORE_TIME = Duration.ofMinutes(1);

    private final SnapshotStore store;
    private final Planner planner;
    private final Baker baker;
    private final Restorer restorer;
    private final CloseStack resources;
    private final Set<RunningVm> vms = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private ThawRuntime(
            SnapshotStore store,
            Leases leases,
            Planner planner,
            Engine engine,
            Restorer restorer,
            CloseStack resources) {
        this.store = store;
        this.planner = planner;
        this.baker = new Baker(engine, leases);
        this.restorer = restorer;
        this.resources = resources;
    }

    static Thaw open(ThawConfig config) {
        try (CloseStack undo = new CloseStack()) {
            SnapshotStore store = undo.push(
                    SnapshotStore.open(config.home().resolve("snapshots"), new StoreOptions(config.autoDedup())));
            Leases leases = store.leases(RunFolder.root());
            leases.reapDead();
            undo.push(DailySweep.start(store, config.cache()));
            ImageStore images = undo.push(ImageStore.open(config.home().resolve("images"), config.registries()));
            Boot boot = GuestKit.prepare(config.home().resolve("guest"), config.kernel(), Architecture.X86_64);
            Engine engine = undo.push(QemuEngine.open(config, boot));
            Checkpointer checkpointer = undo.push(new Checkpointer(store, leases));
            FileService files = undo.push(FileService.start());
            Restorer restorer = new Restorer(engine, files, leases, checkpointer);
            Planner planner = new Planner(images, boot, engine);
            return new ThawRuntime(store, leases, planner, engine, restorer, undo.move());
        } catch (GuestKernelException e) {
            throw new EngineUnavailableException(QemuEngine.NAME, e.getMessage(), e);
        } catch (SnapshotException | dev.thaw.image.ImageException e) {
            throw new VmException(e.getMessage(), e);
        }
    }

    @Override
    public Vm start(VmSpec spec) {
        requireOpen();
        Plan plan = planner.plan(spec);
        return started(restorer.restore(plan, SnapshotId.of(plan.key()), () -> findOrBake(plan), vms::remove));
    }

    @Override
    public Vm start(Checkpoint checkpoint) {
        requireOpen();
        if (!(checkpoint instanceof StoredCheckpoint stored)) {
            throw new IllegalArgumentException(checkpoint + " is not one that a Vm has given");
        }
        return started(restorer.restore(stored.plan(), stored.snapshot().id(), () -> findAgain(stored), vms::remove));
    }

    private Restorer.Source findAgain(StoredCheckpoint checkpoint) {
        Snapshot snapshot = store.find(checkpoint.snapshot().id())
                .orElseThrow(() -> new RestoreException(
                        checkpoint + " is not in the store any more: it has been closed, or was damaged.", null));
        return new Restorer.Source(snapshot, false);
    }

    private Vm started(RunningVm vm) {
        vms.add(vm);
        if (closed) {
            vm.close();
            requireOpen();
        }
        return vm;
    }

    @Override
    public boolean bake(VmSpec spec) {
        requireOpen();
        return findOrBake(planner.plan(spec)).bakedNow();
    }

    private Restorer.Source findOrBake(Plan plan) {
        try {
            AtomicBoolean now = new AtomicBoolean();
            Duration patience = plan.spec().bakeTimeout().plus(STORE_TIME);
            Snapshot snapshot = store.findOrBake(plan.key(), patience, draft -> {
                now.set(true);
                baker.bake(plan, draft, store.list());
            });
            return new Restorer.Source(snapshot, now.get());
        } catch (SnapshotException e) {
            boolean before = e instanceof LockedException || e instanceof DiskFullException;
            throw new BakeException(
                    before ? BakeException.Phase.PREPARE : BakeException.Phase.STORE,
                    "The store has no usable snapshot of " + plan.name() + " and could not take a new one. "
                            + e.getMessage(),
                    e);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("This Thaw is closed.");
        }
    }

    @Override
    public void close() {
        closed = true;
        try (resources) {
            CloseStack running = new CloseStack();
            List<RunningVm> all = new ArrayList<>(vms);
            all.forEach(running::push);
            running.close();
        }
    }
}
