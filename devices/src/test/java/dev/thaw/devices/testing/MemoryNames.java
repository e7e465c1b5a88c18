// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.testing;

import dev.thaw.devices.folder.AttributeChanges;
import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.Caller;
import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The nodes and names of {@link MemoryTree}. Thread-safe, under its lock. */
abstract class MemoryNames implements FileTree {
    static final int MAX_NODES = 10_000;
    private static final int SET_GROUP = 02000;

    private final Map<Long, MemoryNode> nodes = new HashMap<>();
    private long nextNode = ROOT;
    private volatile CountDownLatch disk = new CountDownLatch(0);

    MemoryNames() {
        MemoryNode root = newNode(FileKind.FOLDER, 0755, new Caller(0, 0, 0));
        root.parent = root;
        root.lookups = 1;
        nodes.put(root.number, root);
    }

    /** From now on what may wait for a disk waits for this, and nothing can be read without waiting. */
    public final void holdDisk(CountDownLatch latch) {
        disk = latch;
    }

    final boolean isDiskHeld() {
        return disk.getCount() > 0;
    }

    final void awaitDisk() throws ErrnoException {
        try {
            if (!disk.await(30, TimeUnit.SECONDS)) {
                throw new ErrnoException(Errno.EIO, "disk", "held up by a test for 30 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "disk", "interrupted");
        }
    }

    final synchronized int madeNodes() {
        return (int) nextNode;
    }

    // ---- nodes ----

    private MemoryNode newNode(FileKind kind, int permissions, Caller caller) {
        return new MemoryNode(nextNode++, kind, permissions, caller.uid(), caller.gid());
    }

    final MemoryNode node(long number) throws ErrnoException {
        MemoryNode node = nodes.get(number);
        if (node == null) {
            throw new ErrnoException(Errno.ESTALE, "node", Long.toUnsignedString(number));
        }
        return node;
    }

    final Entry entry(MemoryNode node) {
        node.lookups++;
        nodes.put(node.number, node);
        return new Entry(node.number, node.attributes());
    }

    @Override
    public synchronized Entry lookup(long parent, Name name) throws ErrnoException {
        return entry(child(node(parent).requireFolder(), name));
    }

    private static MemoryNode child(MemoryNode folder, Name name) throws ErrnoException {
        MemoryNode child = folder.children.get(name);
        if (child == null) {
            throw new ErrnoException(Errno.ENOENT, "lookup", name.toString());
        }
        return child;
    }

    @Override
    public synchronized void forget(long node, long lookups) {
        MemoryNode known = nodes.get(node);
        if (known != null && node != ROOT) {
            known.lookups = Math.max(0, known.lookups - lookups);
            if (known.lookups == 0) {
                nodes.remove(node);
            }
        }
    }

    /** How many nodes the guest knows, and may ask for by their numbers. */
    public final synchronized int knownNodes() {
        return nodes.size();
    }

    @Override
    public synchronized Attributes attributes(long node, long handle) throws ErrnoException {
        return node(node).attributes();
    }

    @Override
    public Attributes change(long node, long handle, AttributeChanges changes) throws ErrnoException {
        if (changes.size().isPresent()) {
            awaitDisk();
        }
        synchronized (this) {
            MemoryNode changed = node(node);
            changed.change(changes);
            return changed.attributes();
        }
    }

    @Override
    public synchronized byte[] readSymlink(long node) throws ErrnoException {
        MemoryNode link = node(node);
        if (link.kind != FileKind.SYMLINK) {
            throw new ErrnoException(Errno.EINVAL, "readlink", "of " + link.kind);
        }
        return link.target.clone();
    }

    // ---- names ----

    final MemoryNode make(long parent, Name name, FileKind kind, int permissions, Caller caller) throws ErrnoException {
        MemoryNode folder = node(parent).requireFolder();
        if (folder.children.containsKey(name)) {
            throw new ErrnoException(Errno.EEXIST, "make", name.toString());
        } else if (nextNode > MAX_NODES) {
            throw new ErrnoException(Errno.ENOSPC, "make", name.toString());
        }
        MemoryNode made = newNode(kind, permissions, caller);
        made.parent = folder;
        made.links = 1;
        folder.children.put(name, made);
        folder.touch();
        return made;
    }

    @Override
    public synchronized Entry makeSymlink(long parent, Name name, byte[] target, Caller caller) throws ErrnoException {
        MemoryNode link = make(parent, name, FileKind.SYMLINK, 0777, caller);
        link.target = target.clone();
        return entry(link);
    }

    @Override
    public synchronized Entry makeNode(long parent, Name name, FileKind kind, int permissions, Caller caller)
            throws ErrnoException {
        if (kind == FileKind.BLOCK_DEVICE || kind == FileKind.CHARACTER_DEVICE) {
            throw new ErrnoException(Errno.EPERM, "mknod", name.toString());
        }
        return entry(make(parent, name, kind, permissions, caller));
    }

    @Override
    public synchronized Entry makeFolder(long parent, Name name, int permissions, Caller caller) throws ErrnoException {
        return entry(make(parent, name, FileKind.FOLDER, permissions & ~SET_GROUP, caller));
    }

    @Override
    public synchronized Entry link(long node, long newParent, Name newName) throws ErrnoException {
        MemoryNode linked = node(node);
        MemoryNode folder = node(newParent).requireFolder();
        if (linked.kind == FileKind.FOLDER) {
            throw new ErrnoException(Errno.EPERM, "link", newName.toString());
        } else if (folder.children.containsKey(newName)) {
            throw new ErrnoException(Errno.EEXIST, "link", newName.toString());
        } else if (linked.links == 0) {
            throw new ErrnoException(Errno.ENOENT, "link", newName.toString());
        }
        folder.children.put(newName, linked);
        linked.links++;
        return entry(linked);
    }

    @Override
    public synchronized void unlink(long parent, Name name) throws ErrnoException {
        MemoryNode folder = node(parent).requireFolder();
        if (child(folder, name).kind == FileKind.FOLDER) {
            throw new ErrnoException(Errno.EISDIR, "unlink", name.toString());
        }
        drop(folder, name);
    }

    private static void drop(MemoryNode folder, Name name) {
        MemoryNode gone = folder.children.remove(name);
        gone.links--;
        if (gone.kind == FileKind.FOLDER) {
            gone.parent = null;
        }
        folder.touch();
    }

    @Override
    public synchronized void removeFolder(long parent, Name name) throws ErrnoException {
        MemoryNode folder = node(parent).requireFolder();
        requireEmpty(child(folder, name).requireFolder());
        drop(folder, name);
    }

    private static void requireEmpty(MemoryNode folder) throws ErrnoException {
        if (!folder.children.isEmpty()) {
            throw new ErrnoException(Errno.ENOTEMPTY, "rmdir", "node " + folder.number);
        }
    }

    @Override
    public synchronized void rename(long parent, Name name, long newParent, Name newName, RenameMode mode)
            throws ErrnoException {
        MemoryNode from = node(parent).requireFolder();
        MemoryNode to = node(newParent).requireFolder();
        MemoryNode moved = child(from, name);
        MemoryNode old = to.children.get(newName);
        requireRenaming(moved, old, from, to, mode);
        if (old == moved) {
            return;
        }
        if (mode == RenameMode.EXCHANGE) {
            put(from, name, old);
        } else {
            if (old != null) {
                drop(to, newName);
            }
            from.children.remove(name);
        }
        put(to, newName, moved);
        from.touch();
        to.touch();
    }

    private static void put(MemoryNode folder, Name name, MemoryNode node) {
        folder.children.put(name, node);
        node.parent = folder;
    }

    private static void requireRenaming(
            MemoryNode moved, MemoryNode old, MemoryNode from, MemoryNode to, RenameMode mode) throws ErrnoException {
        Errno refusal = null;
        if (old == null) {
            refusal = mode == RenameMode.EXCHANGE ? Errno.ENOENT : null;
        } else if (mode == RenameMode.NO_REPLACE) {
            refusal = Errno.EEXIST;
        }
        if (to.isInside(moved) || (mode == RenameMode.EXCHANGE && old != null && from.isInside(old))) {
            refusal = Errno.EINVAL;
        }
        boolean replaces = refusal == null && mode == RenameMode.REPLACE && old != null && old != moved;
        if (replaces && (old.kind == FileKind.FOLDER) != (moved.kind == FileKind.FOLDER)) {
            refusal = old.kind == FileKind.FOLDER ? Errno.EISDIR : Errno.ENOTDIR;
        }
        if (refusal != null) {
            throw new ErrnoException(refusal, "rename", "node " + moved.number);
        } else if (replaces && old.kind == FileKind.FOLDER) {
            requireEmpty(old);
        }
    }
}
