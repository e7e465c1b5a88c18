// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.lock.HeldLock;
import dev.thaw.snapshot.process.ProcessMark;
import java.io.IOException;

/**
 * Word that this process uses a run folder, child processes and a snapshot. Should the process die, whoever reaps
 * next kills the children and removes the folder. Thread-safe.
 */
public final class Lease implements AutoCloseable {
    private final LeaseInfo info;
    private final HeldLock lock;
    private final StoreFolder store;
    private final StoreLock storeLock;
    private boolean open = true;
    private int lines;

    Lease(LeaseInfo info, HeldLock lock, StoreFolder store, StoreLock storeLock) {
        this.info = info;
        this.store = store;
        this.lock = lock;
        this.storeLock = storeLock;
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
        ProcessMark mark = ProcessMark.of(child);
        if (mark.startMillis() != 0) {
            note("process " + child.pid(), LeaseRecord.childLine(mark));
        }
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

    private void note(String what, String line) {
        if (!open) {
            throw new IllegalStateException("the lease for " + info.purpose() + " has been closed");
        }
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

    /** Ends the lease: all that it named has been ended and removed by its owner. Closing twice does nothing. */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            try {
                lock.delete();
            } catch (IOException e) {
                throw new SnapshotException("Can't end the lease for " + info.purpose() + ": " + e, e);
            }
        }
    }
}
