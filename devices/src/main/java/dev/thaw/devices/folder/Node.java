// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file of the host that the guest knows. Its names are those under which it was last seen: whoever goes by one looks whether
 * it still leads to this file. Thread-safe; names are changed by {@link NodeTable} alone, under its lock.
 */
final class Node {
    /** Under which name in which folder. */
    record Link(Node parent, Name name) {}

    private static final int DEAD = -1;
    private static final VarHandle LOOKUPS;
    private static final VarHandle CHANGES;

    static {
        try {
            MethodHandles.Lookup here = MethodHandles.lookup();
            LOOKUPS = here.findVarHandle(Node.class, "lookups", long.class);
            CHANGES = here.findVarHandle(Node.class, "changes", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final long number;
    final Identity identity;

    private volatile long lookups;

    /** Oldest first; replaced, never changed. */
    volatile List<Link> links = List.of();

    /** Of a folder: what its names are known to lead to. */
    final ConcurrentHashMap<Name, Node> children;

    /** Of a folder: names that the guest may remember to be missing; null until there is one. */
    volatile Set<Name> absent;

    /** Of anything else: whether it may have a name that is not among its links. */
    volatile boolean severalNames;

    /** Of a folder: its descriptor, if it is open. */
    volatile OpenFolders.Slot slot;

    /** Whether the watcher has been asked to watch it, and what it said. */
    volatile Boolean watched;

    /** Whether the file has lost its last name, and is served through open handles alone. */
    volatile boolean gone;

    /** Of a file: its stamp as the guest's own reads and writes have left it; null if nobody knows. */
    volatile Stamp stamp;

    /** Counts the guest's own changes of the data, for whoever holds a copy. */
    private volatile int changes;

    /** How many changes of the data are under way. */
    private final AtomicInteger changing = new AtomicInteger();

    private final List<Handle> handles = new ArrayList<>(1);

    /** Of a folder: how many changes of its names were seen, and had been when it was last opened. */
    private int nameChanges; // guarded by this

    private int nameChangesOpened = -1; // guarded by this

    Node(long number, Identity identity) {
        this.number = number;
        this.identity = identity;
        this.children = identity.isFolder() ? new ConcurrentHashMap<>(4) : null;
    }

    boolean isFolder() {
        return children != null;
    }

    // ---- lookups ----

    /** Counts one more lookup; says no if the node has been forgotten. */
    boolean tryLookup() {
        while (true) {
            long now = lookups;
            if (now == DEAD) {
                return false;
            }
            if (LOOKUPS.compareAndSet(this, now, now + 1)) {
                return true;
            }
        }
    }

    /** Takes lookups back; whether that was the end of the node. */
    boolean forget(long count) {
        while (true) {
            long now = lookups;
            if (now == DEAD) {
                return false;
            }
            long left = count < 0 || count >= now ? DEAD : now - count;
            if (LOOKUPS.compareAndSet(this, now, left)) {
                return left == DEAD;
            }
        }
    }

    // ---- data ----

    int changes() {
        return changes;
    }

    void changed() {
        CHANGES.getAndAdd(this, 1);
    }

    /** Whether no other change of the data is under way. {@link #endChange} follows. */
    boolean beginChange() {
        return changing.getAndIncrement() == 0;
    }

    void endChange() {
        changing.decrementAndGet();
    }

    // ---- names of a folder ----

    synchronized void namesChanged() {
        nameChanges++;
    }

    /** It is being opened; tells whether its names are what they were the last time. */
    synchronized boolean openNames() {
        boolean same = nameChangesOpened == nameChanges;
        nameChangesOpened = nameChanges;
        return same;
    }

    // ---- handles ----

    void opened(Handle handle) {
        synchronized (handles) {
            handles.add(handle);
        }
    }

    /** Whether no handle is left. */
    boolean closed(Handle handle) {
        synchronized (handles) {
            handles.remove(handle);
            return handles.isEmpty();
        }
    }

    /** One of its handles, held; null if there is none. */
    Handle anyHandle() {
        synchronized (handles) {
            for (Handle handle : handles) {
                if (handle.tryHold()) {
                    return handle;
                }
            }
            return null;
        }
    }

    @Override
    public String toString() {
        List<Link> names = links;
        return "node " + number
                + (names.isEmpty() ? "" : " " + names.get(names.size() - 1).name());
    }
}
