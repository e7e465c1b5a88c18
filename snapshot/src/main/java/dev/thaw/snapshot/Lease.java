// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.lock.HeldLock;
import java.io.IOException;
import java.time.Instant;

/**
 * Word that this process uses a run folder, child processes and a snapshot. Should the process die, whoever reaps
 * next kills the children and removes the folder. Thread-safe.
 */
public final class Lease implements AutoCloseable {
    private final LeaseInfo info;
    private final HeldLock lock;
    private boolean open = true;

    Lease(LeaseInfo info, HeldLock lock) {
        this.info = info;
        this.lock = lock;
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
        if (!open) {
            throw new IllegalStateException("the lease for " + info.purpose() + " has been closed");
        }
        // A process that is gone already has no start to tell, and needs no killing.
        child.info().startInstant().ifPresent(started -> note(child.pid(), started));
    }

    private void note(long pid, Instant started) {
        try {
            lock.append(LeaseRecord.childLine(new LeaseRecord.Child(pid, started)));
        } catch (IOException e) {
            throw new SnapshotException(
                    "Can't note process " + pid + " in the lease for " + info.purpose() + ": " + e, e);
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
