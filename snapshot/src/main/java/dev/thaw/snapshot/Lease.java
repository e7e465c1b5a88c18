// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.locks.HeldLock;
import dev.thaw.snapshot.process.ProcessMark;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Word that this process uses a run folder, child processes and snapshots. Should the process die, whoever reaps
 * next kills the children and removes the folder. Thread-safe.
 */
public final class Lease implements AutoCloseable {
    private final LeaseInfo info;
    private final StoreFolder store;
    private final StoreLock storeLock;
    private final Instances instances;

    /** What the file names besides {@link #info}. */
    private final Set<ProcessMark> children = new LinkedHashSet<>();

    private final Set<SnapshotId> snapshots = new LinkedHashSet<>();
    private LeaseFile file;
    private boolean open = true;

    /** Of the file, after the first. */
    private int lines;

    Lease(LeaseInfo info, LeaseFile file, StoreFolder store, StoreLock storeLock, Instances instances) {
        this.info = info;
        this.store = store;
        this.file = file;
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
        ProcessMark mark = ProcessMark.of(child);
        if (mark.startMillis() != 0) {
            note("process " + child.pid(), LeaseRecord.childLine(mark));
            children.add(mark);
        }
    }

    /**
     * Notes a further snapshot that is used. Note it before it is looked up or published.
     *
     * @throws SnapshotException if that can't be written
     * @throws IllegalStateException after {@link #close}
     */
    public synchronized void use(SnapshotId snapshot) {
        note("snapshot " + snapshot.abbreviated(), LeaseRecord.snapshotLine(snapshot));
        snapshots.add(snapshot);
    }

    /**
     * Notes that a snapshot is not used any more, however often {@link #use} has noted it. The snapshot of {@link #info} is
     * used until the lease ends, and one that was never noted need not be released.
     *
     * @throws SnapshotException if that can't be written
     * @throws IllegalStateException after {@link #close}
     */
    public synchronized void release(SnapshotId snapshot) {
        if (!snapshots.remove(snapshot) || info.snapshot().equals(Optional.of(snapshot))) {
            return;
        }
        boolean noted = false;
        try {
            note("the end of snapshot " + snapshot.abbreviated(), LeaseRecord.releasedLine(snapshot));
            noted = true;
        } finally {
            if (!noted) {
                snapshots.add(snapshot);
            }
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
            return instances.create(snapshot, file.name());
        } catch (IOException e) {
            throw Failures.explain(store, "make a copy of the scratch disk of", snapshot.id(), e);
        }
    }

    private void requireOpen() {
        if (!open) {
            throw new IllegalStateException("the lease for " + info.purpose() + " has been closed");
        }
    }

    /** As when a lease is taken: no sweep may be going on that has not seen it, or sees it between two files. */
    private void note(String what, String line) {
        requireOpen();
        try {
            storeLock.sharing(() -> {
                makeRoom(what);
                file.lock().append(line);
                lines++;
                return line;
            });
        } catch (IOException e) {
            throw Failures.explain(store, "Can't note " + what + " in the lease for " + info.purpose(), e);
        }
    }

    private void makeRoom(String what) throws IOException {
        if (lines < LeaseRecord.MAX_LINES) {
            return;
        }
        children.removeIf(child -> !child.mayLive());
        if (children.size() + snapshots.size() >= LeaseRecord.MAX_LINES) {
            throw new SnapshotException("Can't note " + what + ": the lease for " + info.purpose() + " names "
                    + LeaseRecord.MAX_LINES + " processes and snapshots, and no lease names more");
        }
        rewrite();
    }

    /** Into another file, of what counts still: at each moment one of the two says all of it. */
    private void rewrite() throws IOException {
        StringBuilder noted = new StringBuilder();
        children.forEach(child -> noted.append(LeaseRecord.childLine(child)));
        snapshots.forEach(snapshot -> noted.append(LeaseRecord.snapshotLine(snapshot)));
        LeaseFile old = file;
        file = old.next(info, noted.toString());
        lines = children.size() + snapshots.size();
        old.lock().delete();
    }

    /**
     * Ends the lease: all that it named has been ended and removed by its owner. A copy of a scratch disk goes with it. Closing
     * twice does nothing.
     */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            try (HeldLock held = file.lock()) {
                instances.remove(file.name());
                held.delete();
            } catch (IOException e) {
                throw new SnapshotException("Can't end the lease for " + info.purpose() + ": " + e, e);
            }
        }
    }
}
