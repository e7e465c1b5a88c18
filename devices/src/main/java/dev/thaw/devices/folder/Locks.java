// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostLock;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Locks of the guest as locks of the host, so that other programs and other VMs see them. Each owner of POSIX locks in the guest has an
 * open file of his own for each file that he locks: the host's locks belong to open files, and go with them. Thread-safe.
 */
final class Locks implements AutoCloseable {
    private record Key(Node node, long owner) {}

    /** An owner's locks on one file. Guarded by itself; asks the host for what doesn't wait. */
    private static final class Owned {
        final Descriptor descriptor;
        final int pid;
        boolean ended;
        /** Whether it has had a lock since it last gave up the whole file. */
        volatile boolean locked;

        Owned(Descriptor descriptor, int pid) {
            this.descriptor = descriptor;
            this.pid = pid;
        }

        synchronized void end() {
            ended = true;
            descriptor.close();
        }
    }

    private final HostFiles files;
    private final int mostOwners;
    private final LockWaiters waiters = new LockWaiters();
    private final ConcurrentHashMap<Key, Owned> owners = new ConcurrentHashMap<>();

    Locks(HostFiles files, int mostOwners) {
        this.files = files;
        this.mostOwners = mostOwners;
    }

    LockWaiters waiters() {
        return waiters;
    }

    /** @param handle held by the caller, as in all methods here */
    boolean tryLock(Handle handle, FileLock lock) throws ErrnoException {
        return lock.kind() == FileLock.Kind.BSD ? tryWhole(handle, lock) : tryRange(handle, lock);
    }

    private boolean tryWhole(Handle handle, FileLock lock) throws ErrnoException {
        if (lock.type() == FileLock.Type.UNLOCK) {
            files.unlockWhole(handle.descriptor);
            waiters.unlocked(handle.node);
            return true;
        }
        boolean locked = files.lockWhole(handle.descriptor, lock.type() == FileLock.Type.WRITE);
        if (lock.type() == FileLock.Type.READ) {
            waiters.unlocked(handle.node); // it may have been exclusive before
        }
        return locked;
    }

    private boolean tryRange(Handle handle, FileLock lock) throws ErrnoException {
        requireRange(handle, lock);
        Key key = new Key(handle.node, lock.owner());
        while (true) {
            Owned owned = owners.get(key);
            if (owned == null && lock.type() == FileLock.Type.UNLOCK) {
                return true;
            } else if (owned == null) {
                owned = begin(key, handle, lock.pid());
            }
            synchronized (owned) {
                if (!owned.ended) {
                    return tryRange(handle.node, owned, lock);
                }
            }
        }
    }

    private boolean tryRange(Node node, Owned owned, FileLock lock) throws ErrnoException {
        boolean write = lock.type() == FileLock.Type.WRITE;
        boolean done = true;
        if (lock.type() == FileLock.Type.UNLOCK) {
            files.unlock(owned.descriptor, lock.start(), lock.end());
            owned.locked &= lock.start() > 0 || lock.end() < Long.MAX_VALUE;
        } else {
            done = files.lock(owned.descriptor, new HostLock(write, lock.start(), lock.end()));
            owned.locked |= done;
        }
        if (!write) {
            waiters.unlocked(node);
        }
        return done;
    }

    private static void requireRange(Handle handle, FileLock lock) throws ErrnoException {
        if (lock.start() < 0 || lock.end() < lock.start()) {
            throw new ErrnoException(Errno.EINVAL, "lock", lock.start() + " to " + lock.end());
        }
        boolean allowed = switch (lock.type()) {
            case READ -> handle.mode.read() || !handle.mode.write();
            case WRITE -> handle.mode.write();
            case UNLOCK -> true;
        };
        if (!allowed) {
            throw new ErrnoException(Errno.EBADF, "lock", "handle " + handle.number + ", not open for that");
        }
    }

    private Owned begin(Key key, Handle handle, int pid) throws ErrnoException {
        if (owners.size() >= mostOwners) {
            throw new ErrnoException(Errno.ENOLCK, "lock", "more than " + mostOwners + " owners of locks");
        }
        Owned fresh = new Owned(reopen(handle), pid);
        Owned other = owners.putIfAbsent(key, fresh);
        if (other != null) {
            fresh.end();
            return other;
        }
        return fresh;
    }

    /** For reading and writing if possible: an owner may get locks of both kinds through several handles. */
    private Descriptor reopen(Handle handle) throws ErrnoException {
        try {
            return files.reopen(handle.descriptor, HostFiles.READ | HostFiles.WRITE);
        } catch (ErrnoException e) {
            boolean refused = e.errno() == Errno.EACCES || e.errno() == Errno.EROFS || e.errno() == Errno.EPERM;
            if (!refused) {
                throw e;
            }
            return files.reopen(handle.descriptor, handle.mode.write() ? HostFiles.WRITE : HostFiles.READ);
        }
    }

    Optional<FileLock> conflicting(Handle handle, FileLock lock) throws ErrnoException {
        if (lock.kind() == FileLock.Kind.BSD || lock.type() == FileLock.Type.UNLOCK) {
            throw new ErrnoException(Errno.EINVAL, "getlk", lock.kind() + " " + lock.type());
        }
        if (lock.start() < 0 || lock.end() < lock.start()) {
            throw new ErrnoException(Errno.EINVAL, "getlk", lock.start() + " to " + lock.end());
        }
        Owned owned = owners.get(new Key(handle.node, lock.owner()));
        // Without locks of his own, anybody's are in the way, and any open file can ask.
        boolean held = owned != null && owned.descriptor.tryHold();
        try {
            return files.conflicting(
                            held ? owned.descriptor : handle.descriptor,
                            new HostLock(lock.type() == FileLock.Type.WRITE, lock.start(), lock.end()))
                    .map(found -> new FileLock(
                            FileLock.Kind.POSIX,
                            found.exclusive() ? FileLock.Type.WRITE : FileLock.Type.READ,
                            0,
                            found.start(),
                            found.end(),
                            pid(handle.node, lock.owner())));
        } finally {
            if (held) {
                owned.descriptor.letGo();
            }
        }
    }

    /** The host doesn't say whose a lock is. If only one other in the guest has locks on the file, it is taken to be his. */
    private int pid(Node node, long asking) {
        int pid = 0;
        for (var entry : owners.entrySet()) {
            if (entry.getKey().node == node && entry.getKey().owner != asking && entry.getValue().locked) {
                if (pid != 0) {
                    return 0;
                }
                pid = entry.getValue().pid;
            }
        }
        return pid;
    }

    /** Gives up what an owner has on a file. */
    void flush(Handle handle, long owner) {
        Owned owned = owners.isEmpty() ? null : owners.remove(new Key(handle.node, owner));
        if (owned != null) {
            owned.end();
            waiters.unlocked(handle.node);
        }
    }

    /** A handle has been closed; if it was the file's last one, no owner can have locks any more. */
    void closed(Node node, boolean last) {
        if (last && !owners.isEmpty()) {
            for (var entry : owners.entrySet()) {
                if (entry.getKey().node == node && owners.remove(entry.getKey(), entry.getValue())) {
                    entry.getValue().end();
                }
            }
        }
        waiters.unlocked(node);
    }

    @Override
    public void close() {
        waiters.close();
        owners.values().forEach(Owned::end);
        owners.clear();
    }
}
