// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.snapshot.CheckpointDraft;
import dev.thaw.snapshot.Lease;
import dev.thaw.snapshot.LeaseInfo;
import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotException;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.bake.Plan;
import dev.thaw.vm.engine.ChangedDisk;
import dev.thaw.vm.engine.ChangedMemory;
import dev.thaw.vm.engine.Scratch;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.instance.InstanceId;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Takes checkpoints of VMs that run. Thread-safe. Closing it closes those that are still open. */
final class Checkpointer implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private final SnapshotStore store;
    private final Leases leases;
    private final Set<StoredCheckpoint> open = ConcurrentHashMap.newKeySet();

    Checkpointer(SnapshotStore store, Leases leases) {
        this.store = store;
        this.leases = leases;
    }

    /**
     * Takes one.
     *
     * @param from what the VM was restored from
     */
    Checkpoint take(Plan plan, Snapshot from, Instance instance) {
        String id = InstanceId.of(plan.name());
        try (CloseStack undo = new CloseStack()) {
            // It has no folder, but a lease of its own: it may outlive the VM.
            Lease lease = undo.push(leases.acquire(new LeaseInfo(
                    "checkpoint of " + instance.id(), leases.runRoot().resolve(id), Optional.of(from.id()))));
            Deadline deadline = Deadline.in(TIMEOUT);
            Snapshot taken = store.<IOException>checkpoint(
                    from,
                    lease,
                    draft -> instance.checkpoint(
                            draft.deviceState(), changed -> write(changed, instance, draft), deadline));
            undo.release();
            StoredCheckpoint checkpoint = new StoredCheckpoint(plan, taken, lease, store, open::remove);
            open.add(checkpoint);
            return checkpoint;
        } catch (IOException | SnapshotException e) {
            throw new VmException(
                    "Could not take a checkpoint of " + instance.id() + ": " + e.getMessage() + "\n"
                            + instance.lastWords(),
                    e);
        }
    }

    /** Memory and disk of a machine that stands still. */
    private static void write(ChangedMemory changed, Instance instance, CheckpointDraft draft) throws IOException {
        changed.read(draft::writeMemory);
        Optional<Scratch> scratch = instance.scratch();
        if (scratch.isEmpty()) {
            return;
        }
        if (scratch.get().base().isEmpty()) {
            draft.cloneScratch(scratch.get().file());
            return;
        }
        instance.machine().readScratch(new ChangedDisk() {
            @Override
            public void data(long offset, ByteBuffer bytes) throws IOException {
                draft.writeScratch(offset, bytes);
            }

            @Override
            public void zeros(long offset, long count) throws IOException {
                draft.zeroScratch(offset, count);
            }
        });
    }

    @Override
    public void close() {
        CloseStack all = new CloseStack();
        open.forEach(all::push);
        all.close();
    }
}
