// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.lock.HeldLock;
import java.io.IOException;
import java.util.Optional;

/**
 * Word that this process uses a run folder, child processes and a snapshot. Should the process die, whoever reaps
 * next kills the children and removes the folder. Thread-safe.
 */
public final class Lease implements AutoCloseable {
    private final LeaseInfo info;
    private final HeldLock lock;
    private final StoreFolder store;
    private final StoreLock storeLock;
    private final String name;
    private final Instances instances;
    private boolean open = true;
    private int lines;

    Lease(LeaseInfo info, LeaseFolder.New made, StoreFolder store, StoreLock storeLock, Instances instances) {
        this.info = info;
        this.store = store;
        this.name = made.name();
        this.lock = made.lock();
        this.storeLock = storeLock;
        this.instances = instances;
    }

    public LeaseInfo info() {
        return info;
    }

    /**
     * Notes a process that must not outlive this one.
     *
     * @throws SnapshotException if that can't be written
     * @throws IllegalStateException after {@link #close}
     */
    public synchronized void child(ProcessHandle child) {
        // A process that is gone already has no start to tell, and needs no killing.
        child.info()
                .startInstant()
                .ifPresent(started -> note(
                        "process " + child.pid(), LeaseRecord.childLine(new LeaseRecord.Child(child.pid(), started))));
    }

    /**
     * Notes a further snapshot that is used. Note it before it is looked up or published.
     *
     * @throws SnapshotException if that can't be written
     * @throws IllegalStateException after {@link #close}
     */
    public synchronized void use(SnapshotId snapshot) {
        // As when a lease is taken: no sweep may be going on that has not seen it.
        try {
            storeLock.sharing(() -> {
                note("snapshot " + snapshot.abbreviated(), LeaseRecord.snapshotLine(snapshot));
                return snapshot;
            });
        } catch (IOException e) {
            throw new SnapshotException("Can't use snapshot " + snapshot.abbreviated() + ": " + e, e);
        }
    }

    /**
     * Makes a private copy of the snapshot's scratch disk, which the lease keeps as long as it lasts. At most once a lease.
     *
     * @return empty if the snapshot has no scratch disk
     * @throws SnapshotException if it can't be made
     * @throws IllegalStateException after {@link #close}
     */
    public synchronized Optional<ScratchInstance> scratch(Snapshot snapshot) {
        requireOpen();
        try {
            return instances.create(snapshot, name);
        } catch (IOException e) {
            throw Failures.explain(store, "make a copy of the scratch disk of", snapshot.id(), e);
        }
    }

    private void requireOpen() {
        if (!open) {
            throw new IllegalStateException("the lease for " + info.purpose() + " has been closed");
        }
    }

    private void note(String what, String line) {
        requireOpen();
        if (lines == LeaseRecord.MAX_LINES) {
            throw new SnapshotException("Can't note " + what + ": the lease for " + info.purpose() + " names "
                    + LeaseRecord.MAX_LINES + " processes and snapshots, and no lease names more");
        }
        try {
            lock.append(line);
            lines++;
        } catch (IOException e) {
            throw Failures.explain(store, "Can't note " + what + " in the lease for " + info.purpose(), e);
        }
    }

    /**
     * Ends the lease: all that it named has been ended and removed by its owner. A copy of a scratch disk goes with it. Closing
     * twice does nothing.
     */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            try (HeldLock held = lock) {
                instances.remove(name);
                held.delete();
            } catch (IOException e) {
                throw new SnapshotException("Can't end the lease for " + info.purpose() + ": " + e, e);
            }
        }
    }
}
