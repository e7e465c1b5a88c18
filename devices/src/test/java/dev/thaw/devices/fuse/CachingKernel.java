// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.KnownNodes;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What Linux's FUSE client caches of names and attributes, and when it believes a reply: a model for tests. A lookup holds its folder until its
 * reply has been taken, and an invalidation of a name waits for that; attributes of a reply are believed unless the
 * inode was invalidated since the request; an inode that is not there yet can't be. Source: Linux, fs/fuse/dir.c and inode.c.
 *
 * <p>One thread asks, another one tells. Between a reply and its taking other threads get their turn.
 */
final class CachingKernel implements AutoCloseable {
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private final Map<Long, Map<Name, Long>> names =
            new HashMap<>(); // a folder's guarded by its lock, 0 for what is missing
    private final Map<Long, Inode> inodes = new HashMap<>(); // guarded by itself
    private final Map<Long, Object> locks = new HashMap<>(); // guarded by itself
    private FolderTree tree;
    private LateNodes late;
    private long version; // guarded by the inodes

    private static final class Inode {
        private long version;
        private Attributes attributes;
    }

    /** To be called once, before the first look. */
    void serve(FolderTree served) {
        tree = served;
        late = new LateNodes(served.known());
        inodes.put(FileTree.ROOT, new Inode());
    }

    private Object lock(long folder) {
        synchronized (locks) {
            return locks.computeIfAbsent(folder, any -> new Object());
        }
    }

    // ---- programs ----

    /** What a program sees under a name: from the cache, or as the tree says; null if nothing. */
    Attributes look(long folder, Name name) throws ErrnoException {
        synchronized (lock(folder)) {
            Long cached = names.computeIfAbsent(folder, any -> new HashMap<>()).get(name);
            if (cached == null) {
                return lookUp(folder, name);
            }
            return cached == 0 ? null : attributes(cached);
        }
    }

    private Attributes lookUp(long folder, Name name) throws ErrnoException {
        long before = now();
        KnownNodes known = tree.known();
        Entry entry;
        try {
            entry = tree.lookup(folder, name);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            if (known.isTold(folder)) {
                names.get(folder).put(name, 0L);
            }
            return null;
        }
        boolean keepName = known.isTold(folder);
        boolean keepAttributes = known.isTold(entry.node());
        LockSupport.parkNanos(1); // what was told meanwhile comes before the reply
        synchronized (inodes) {
            Inode inode = inodes.computeIfAbsent(entry.node(), any -> new Inode());
            if (keepAttributes && inode.version <= before) {
                inode.attributes = entry.attributes();
            }
        }
        if (keepName) {
            names.get(folder).put(name, entry.node());
        }
        return entry.attributes();
    }

    private Attributes attributes(long node) throws ErrnoException {
        long before = now();
        synchronized (inodes) {
            Inode inode = inodes.get(node);
            if (inode.attributes != null) {
                return inode.attributes;
            }
        }
        Attributes got = tree.attributes(node, 0);
        boolean keep = tree.known().isTold(node);
        LockSupport.parkNanos(1); // what was told meanwhile comes before the reply
        synchronized (inodes) {
            if (keep && inodes.get(node).version <= before) {
                inodes.get(node).attributes = got;
            }
        }
        return got;
    }

    /** A change that a program asks for. */
    interface Change {
        void make() throws IOException;
    }

    /** Changes something under a name, after which the kernel asks again for it. */
    void change(long folder, Name name, Change change) throws IOException {
        synchronized (lock(folder)) {
            try {
                change.make();
            } finally {
                Long before =
                        names.computeIfAbsent(folder, any -> new HashMap<>()).remove(name);
                if (before != null) {
                    dropAttributes(before);
                }
            }
        }
    }

    /** A program has changed what it has open, after which the kernel asks again for its attributes. */
    void dropAttributes(long node) {
        synchronized (inodes) {
            Inode inode = inodes.get(node);
            if (inode != null) {
                inode.attributes = null;
            }
        }
    }

    /** What is cached of each node that has anything cached. */
    Map<Long, Attributes> cached() {
        synchronized (inodes) {
            Map<Long, Attributes> all = new HashMap<>();
            inodes.forEach((node, inode) -> {
                if (inode.attributes != null) {
                    all.put(node, inode.attributes);
                }
            });
            return all;
        }
    }

    /** Changes two names. */
    void change(long folder, Name one, Name other, Change change) throws IOException {
        change(folder, one, () -> change(folder, other, change));
    }

    private long now() {
        synchronized (inodes) {
            return version;
        }
    }

    // ---- notifications ----

    /** Takes a notification; it is dealt with in its turn. */
    void tell(ByteBuffer message) {
        Future<?> done =
                worker.submit(() -> late.answered(message, take(message)).forEach(this::tell));
        if (done.isCancelled()) {
            throw new IllegalStateException("closed");
        }
    }

    /** Its errno. */
    private int take(ByteBuffer message) {
        int body = FuseOutHeader.SIZE;
        if (FuseNotifications.isOfInode(message)) {
            return forget(FuseNotifications.node(message));
        }
        long folder = message.getLong(body);
        boolean deleted = message.getInt(FuseOutHeader.ERROR) == FuseNotifications.DELETE;
        int fixed = body + (deleted ? 24 : 16);
        byte[] name = new byte[message.getInt(body + (deleted ? 16 : 8))];
        message.get(fixed, name);
        try {
            return forget(folder, Name.of(name));
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    private int forget(long node) {
        synchronized (inodes) {
            Inode inode = inodes.get(node);
            if (inode == null) {
                return Errno.ENOENT.linux();
            }
            inode.version = ++version;
            inode.attributes = null;
            return 0;
        }
    }

    private int forget(long folder, Name name) {
        synchronized (lock(folder)) {
            Map<Name, Long> of = names.get(folder);
            return of == null || of.remove(name) == null ? Errno.ENOENT.linux() : 0;
        }
    }

    /** Returns when all that was told has been dealt with, and what that was answered with. */
    void settle() throws Exception {
        for (int turn = 0; turn < 4; turn++) {
            worker.submit(() -> {}).get(20, TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
