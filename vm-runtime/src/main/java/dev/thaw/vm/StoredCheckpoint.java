// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.snapshot.Lease;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotException;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.bake.Plan;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A checkpoint in the store, which its lease keeps there. */
final class StoredCheckpoint implements Checkpoint {
    private final Plan plan;
    private final Snapshot snapshot;
    private final Lease lease;
    private final SnapshotStore store;
    private final Consumer<StoredCheckpoint> onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    StoredCheckpoint(
            Plan plan, Snapshot snapshot, Lease lease, SnapshotStore store, Consumer<StoredCheckpoint> onClose) {
        this.plan = plan;
        this.snapshot = snapshot;
        this.lease = lease;
        this.store = store;
        this.onClose = onClose;
    }

    Plan plan() {
        return plan;
    }

    Snapshot snapshot() {
        return snapshot;
    }

    @Override
    public VmSpec spec() {
        return plan.spec();
    }

    @Override
    public String id() {
        return snapshot.id().sha256();
    }

    @Override
    public Duration duration() {
        return snapshot.manifest().duration();
    }

    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        try {
            lease.close();
            store.removeIfUnused(snapshot.id());
        } catch (SnapshotException e) {
            throw new VmException("Closing the checkpoint of " + plan.name() + " went wrong: " + e.getMessage(), e);
        } finally {
            onClose.accept(this);
        }
    }

    @Override
    public String toString() {
        return "Checkpoint of " + plan.name() + " " + snapshot.id().abbreviated();
    }
}
