// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.locks.HeldLock;
import dev.thaw.snapshot.disk.PrivateFiles;
import dev.thaw.snapshot.process.ProcessMark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes what must not outlive its process, and clears up after processes that were killed. Thread-safe.
 *
 * <p>Take the lease first, then make what it names, then look the snapshot up: in that order nothing is ever without
 * a lease.
 */
public final class Leases {
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    private static final Duration DEATH_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration UNREADABLE_LEASE_AGE = Duration.ofMinutes(10);

    private final StoreFolder store;
    private final Path folder;
    private final StoreLock storeLock;
    private final Instances instances;
    private final Path runRoot;

    private Leases(StoreFolder store, StoreLock storeLock, Instances instances, Path runRoot) {
        this.store = store;
        this.instances = instances;
        this.folder = store.leases();
        this.storeLock = storeLock;
        this.runRoot = runRoot;
    }

    static Leases open(StoreFolder store, StoreLock storeLock, Instances instances, Path runRoot) {
        try {
            return new Leases(store, storeLock, instances, OwnFolder.open(runRoot, "run folder", "java.io.tmpdir"));
        } catch (IOException e) {
            throw new SnapshotException("Can't open the run folder " + runRoot + ": " + e, e);
        }
    }

    /** The folder below which all run folders are, a real path. */
    public Path runRoot() {
        return runRoot;
    }

    /**
     * What {@link #reapDead} cleared up after one dead owner.
     *
     * @param ownerPid the process that had taken the lease
     * @param info what it had been for
     * @param killedPids the children that were still alive
     */
    public record Reaped(long ownerPid, LeaseInfo info, List<Long> killedPids) {
        public Reaped {
            killedPids = List.copyOf(killedPids);
        }
    }

    /**
     * Takes a lease, which is held until it is closed or this process ends, however it ends.
     *
     * @throws IllegalArgumentException if the run folder is not directly below the run root
     */
    public Lease acquire(LeaseInfo info) {
        if (!isBelowRoot(info.runFolder())) {
            throw new IllegalArgumentException(
                    "the run folder " + info.runFolder() + " is not directly below " + runRoot);
        }
        // A sweep that has begun before goes on without this lease; what it takes is a miss for whoever looks later.
        try {
            return storeLock.sharing(
                    () -> new Lease(info, LeaseFile.create(folder, info), store, storeLock, instances));
        } catch (IOException e) {
            throw Failures.explain(store, "Can't take a lease for " + info.purpose(), e);
        }
    }

    /**
     * Clears up after owners that have died: kills their children that still run, removes their run folders, and ends
     * their leases. A child is known by its number and its start; a folder has to be below the run root and belong
     * to this user. What can't be cleared up keeps its lease, with a warning, and is tried again the next time.
     */
    public List<Reaped> reapDead() {
        List<Reaped> reaped = new ArrayList<>();
        List<Path> unwritten = new ArrayList<>();
        try {
            for (Path file : LeaseFolder.others(folder)) {
                Optional<HeldLock> dead = LeaseFolder.ofDead(file);
                if (dead.isPresent()) {
                    try (HeldLock lock = dead.get()) {
                        if (LeaseRecord.isUnwritten(lock.content())) {
                            unwritten.add(file);
                        } else {
                            reap(file, lock).ifPresent(reaped::add);
                        }
                    }
                }
            }
            if (!unwritten.isEmpty()) {
                removeUnwritten(unwritten);
            }
        } catch (IOException e) {
            throw new SnapshotException("Can't read the leases in " + folder + ": " + e, e);
        }
        return reaped;
    }

    /**
     * Removes leases whose owners died before they had written what they are for. With the store's lock alone nobody is
     * about to write, as whoever takes a lease shares it.
     */
    private void removeUnwritten(List<Path> files) throws IOException {
        storeLock.alone("removing unwritten leases", () -> {
            for (Path file : files) {
                Optional<HeldLock> dead = LeaseFolder.ofDead(file);
                if (dead.isPresent()) {
                    try (HeldLock lock = dead.get()) {
                        if (LeaseRecord.isUnwritten(lock.content())) {
                            lock.delete();
                        }
                    }
                }
            }
            return files;
        });
    }

    private Optional<Reaped> reap(Path file, HeldLock lock) throws IOException {
        Optional<LeaseRecord> record = LeaseRecord.decode(lock.content());
        if (record.isEmpty()) {
            // Written by another version, or damaged by a power failure.
            if (Files.getLastModifiedTime(file)
                    .toInstant()
                    .isBefore(Instant.now().minus(UNREADABLE_LEASE_AGE))) {
                LOG.warn("Lease {} can't be read and is removed", file);
                lock.delete();
            }
            return Optional.empty();
        }
        LeaseRecord lease = record.get();
        try {
            List<Long> killed = killChildren(lease);
            removeRunFolder(lease.info().runFolder());
            instances.remove(LeaseFolder.name(file));
            lock.delete();
            LOG.info(
                    "Cleared up after process {} ({}): killed {}, removed {}",
                    lease.ownerPid(),
                    lease.info().purpose(),
                    killed,
                    lease.info().runFolder());
            return Optional.of(new Reaped(lease.ownerPid(), lease.info(), killed));
        } catch (IOException e) {
            LOG.warn(
                    "Can't clear up after process {} ({}); lease {} stays for the next try",
                    lease.ownerPid(),
                    lease.info().purpose(),
                    file,
                    e);
            return Optional.empty();
        }
    }

    private static List<Long> killChildren(LeaseRecord lease) throws IOException {
        List<Long> killed = new ArrayList<>();
        for (ProcessMark child : lease.children()) {
            Optional<ProcessHandle> process = child.find().filter(found -> !found.equals(ProcessHandle.current()));
            if (process.isPresent()) {
                kill(process.get());
                killed.add(child.pid());
            }
        }
        return killed;
    }

    private static void kill(ProcessHandle process) throws IOException {
        process.destroyForcibly();
        try {
            process.onExit().get(DEATH_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException(
                    "process " + process.pid() + " was killed and is still there after " + DEATH_TIMEOUT, e);
        } catch (ExecutionException e) {
            throw new IOException("waiting for the end of process " + process.pid() + " failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the end of process " + process.pid(), e);
        }
    }

    private void removeRunFolder(Path runFolder) throws IOException {
        if (!Files.exists(runFolder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!isBelowRoot(runFolder)) {
            throw new IOException(runFolder + " is not directly below the run root " + runRoot);
        }
        int owner = PrivateFiles.owner(runFolder);
        if (owner != PrivateFiles.owner(folder)) {
            throw new IOException(runFolder + " belongs to another user, " + owner);
        }
        PrivateFiles.deleteTree(runFolder);
    }

    /** Names are compared, after "." and ".." have been taken out; the root's name is real, and links in it none. */
    private boolean isBelowRoot(Path runFolder) {
        Path parent = runFolder.normalize().getParent();
        return runRoot.equals(parent);
    }
}
