// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A folder of the host.
 *
 * <p>What is asked of the host is asked of one name in an open folder, and a symlink in that name's place is not followed. The
 * exception are folders that are opened again: by their path from the root on, which the host's kernel does not let lead out.
 */
public final class FolderTree implements FileTree {
    private final Share share;
    private final NameOperations names;
    private final AttributeOperations attributes;
    private final Locks locks;
    private final ListOperations lists;
    private final Opening opening;
    private final DataOperations data;

    private FolderTree(Share share) {
        this.share = share;
        this.names = new NameOperations(share);
        this.attributes = new AttributeOperations(share);
        this.locks = new Locks(share.files, share.options.maxHandles());
        this.lists = new ListOperations(share);
        this.opening = new Opening(share, locks, lists);
        this.data = new DataOperations(share);
    }

    /**
     * Opens one.
     *
     * @param folder symlinks in its path are followed, now and not later
     * @param budget of memory for reading ahead, which several trees may share
     * @param watcher told what to watch; closed with the tree
     * @throws IOException if the folder can't be opened, or the host is none that this knows
     */
    public static FolderTree open(Path folder, FolderOptions options, ReadAheadBudget budget, Watcher watcher)
            throws IOException {
        return open(HostFiles.ofThisHost(), folder, options, budget, watcher);
    }

    static FolderTree open(HostFiles files, Path folder, FolderOptions options, ReadAheadBudget budget, Watcher watcher)
            throws IOException {
        return new FolderTree(new Share(files, folder, options, budget, watcher));
    }

    // ---- nodes ----

    @Override
    public Entry lookup(long parent, Name name) throws ErrnoException {
        return names.lookup(parent, name);
    }

    @Override
    public void forget(long node, long lookups) {
        share.table.forget(node, lookups);
    }

    @Override
    public Attributes attributes(long node, long handle) throws ErrnoException {
        return attributes.attributes(node, handle);
    }

    @Override
    public Attributes change(long node, long handle, AttributeChanges changes) throws ErrnoException {
        return attributes.change(node, handle, changes);
    }

    @Override
    public byte[] readSymlink(long node) throws ErrnoException {
        return attributes.readSymlink(node);
    }

    /**
     * Whether whoever watches tells of all changes that others make to a node: to a folder and its names if it is watched, to all else if
     * its folders are. A file with several names is told of only if it is watched itself, as others may use a name
     * where nobody looks.
     */
    public boolean isTold(long number) {
        Node node = share.table.getOrNull(number);
        if (node == null || node.isFolder() || Boolean.TRUE.equals(node.watched)) {
            return node != null && Boolean.TRUE.equals(node.watched);
        }
        List<Node.Link> links = node.links;
        return !node.severalNames
                && !links.isEmpty()
                && links.stream().allMatch(link -> Boolean.TRUE.equals(link.parent().watched));
    }

    /** The node that a name was last seen to lead to, for a watcher: the host isn't asked. */
    public OptionalLong known(long parent, Name name) throws ErrnoException {
        Node child = share.table.child(share.table.folder(parent), name);
        return child == null ? OptionalLong.empty() : OptionalLong.of(child.number);
    }

    /** The way from the root to a folder, as far as it is known; empty if it is not. The host isn't asked. */
    public Optional<List<Step>> wayTo(long folder) {
        return share.table.wayTo(folder);
    }

    /**
     * Counts one more lookup of a node, wherever it is by now.
     *
     * @return what it is; empty if it has been forgotten
     */
    public Optional<FileKind> again(long number) {
        Node node = share.table.getOrNull(number);
        return node == null || !node.tryLookup() ? Optional.empty() : Optional.of(Share.kind(node.identity.kind()));
    }

    /** Takes what the guest knows. */
    public interface Known {
        /** A node, and a name of it in a folder; null for the root, and for nodes that have lost their names. 0 for what is known to be missing. */
        void take(long folder, Name name, long node);
    }

    /** Gives all nodes that the guest knows, once under each name; for a watcher. */
    public void forEachKnown(Known known) {
        share.table.forEach(known);
    }

    /** A watcher has seen that a name leads elsewhere, or nowhere: what it led to is not reached by it any more. */
    public void moved(long parent, Name name) throws ErrnoException {
        Node folder = share.table.folder(parent);
        Node child = share.table.child(folder, name);
        if (child != null) {
            share.table.unlink(folder, name);
            share.folders.drop(child);
        }
    }

    // ---- names ----

    @Override
    public Entry makeSymlink(long parent, Name name, byte[] target, Caller caller) throws ErrnoException {
        return names.makeSymlink(parent, name, target, caller);
    }

    @Override
    public Entry makeNode(long parent, Name name, FileKind kind, int permissions, Caller caller) throws ErrnoException {
        return names.makeNode(parent, name, kind, permissions, caller);
    }

    @Override
    public Entry makeFolder(long parent, Name name, int permissions, Caller caller) throws ErrnoException {
        return names.makeFolder(parent, name, permissions, caller);
    }

    @Override
    public Entry link(long node, long newParent, Name newName) throws ErrnoException {
        return names.link(node, newParent, newName);
    }

    @Override
    public void unlink(long parent, Name name) throws ErrnoException {
        names.unlink(parent, name);
    }

    @Override
    public void removeFolder(long parent, Name name) throws ErrnoException {
        names.removeFolder(parent, name);
    }

    @Override
    public void rename(long parent, Name name, long newParent, Name newName, RenameMode mode) throws ErrnoException {
        names.rename(parent, name, newParent, newName, mode);
    }

    // ---- files ----

    @Override
    public Opened open(long node, OpenMode mode) throws ErrnoException {
        return opening.open(node, mode);
    }

    @Override
    public Created create(long parent, Name name, int permissions, boolean exclusive, OpenMode mode, Caller caller)
            throws ErrnoException {
        return opening.create(parent, name, permissions, exclusive, mode, caller);
    }

    @Override
    public int read(long handle, long offset, ByteBuffer target) throws ErrnoException {
        return data.read(handle, offset, target);
    }

    @Override
    public int readNow(long handle, long offset, ByteBuffer target) throws ErrnoException {
        return data.readNow(handle, offset, target);
    }

    @Override
    public int write(long handle, long offset, ByteBuffer bytes) throws ErrnoException {
        return data.write(handle, offset, bytes);
    }

    @Override
    public void flush(long number, long lockOwner) throws ErrnoException {
        Handle handle = share.handles.hold(number);
        try {
            locks.flush(handle, lockOwner);
        } finally {
            handle.letGo();
        }
    }

    @Override
    public void sync(long handle, boolean dataOnly) throws ErrnoException {
        data.sync(handle, dataOnly);
    }

    @Override
    public void release(long handle) throws ErrnoException {
        opening.release(handle);
    }

    @Override
    public long seek(long handle, long offset, boolean hole) throws ErrnoException {
        return data.seek(handle, offset, hole);
    }

    @Override
    public void allocate(long handle, int mode, long offset, long length) throws ErrnoException {
        data.allocate(handle, mode, offset, length);
    }

    @Override
    public long copyRange(long from, long fromOffset, long to, long toOffset, long length) throws ErrnoException {
        return data.copyRange(from, fromOffset, to, toOffset, length);
    }

    // ---- folders ----

    @Override
    public Opened openFolder(long node) throws ErrnoException {
        return opening.openFolder(node);
    }

    @Override
    public void list(long handle, long position, boolean withAttributes, EntrySink sink) throws IOException {
        lists.list(handle, position, withAttributes, sink);
    }

    // ---- extended attributes ----

    @Override
    public byte[] extendedAttribute(long node, Name name) throws ErrnoException {
        return attributes.extendedAttribute(node, name);
    }

    @Override
    public List<Name> extendedAttributes(long node) throws ErrnoException {
        return attributes.extendedAttributes(node);
    }

    @Override
    public void setExtendedAttribute(long node, Name name, byte[] value, int mode) throws ErrnoException {
        attributes.setExtendedAttribute(node, name, value, mode);
    }

    @Override
    public void removeExtendedAttribute(long node, Name name) throws ErrnoException {
        attributes.removeExtendedAttribute(node, name);
    }

    // ---- locks ----

    @Override
    public Optional<FileLock> conflicting(long number, FileLock lock) throws ErrnoException {
        Handle handle = share.handles.holdFile(number);
        try {
            return locks.conflicting(handle, lock);
        } finally {
            handle.letGo();
        }
    }

    @Override
    public boolean tryLock(long number, FileLock lock) throws ErrnoException {
        Handle handle = share.handles.hold(number);
        try {
            return locks.tryLock(handle, lock);
        } finally {
            handle.letGo();
        }
    }

    @Override
    public Runnable onUnlock(long number, Runnable action) {
        Handle handle = share.handles.holdOrNull(number);
        if (handle == null) {
            action.run();
            return () -> {};
        }
        try {
            return locks.waiters().await(handle.node, action);
        } finally {
            handle.letGo();
        }
    }

    // ---- the rest ----

    @Override
    public Space space() throws ErrnoException {
        Descriptor root = share.folders.hold(share.table.root());
        try {
            HostSpace space = share.files.space(root);
            return new Space(
                    space.blockBytes(),
                    space.blocks(),
                    space.freeBlocks(),
                    space.availableBlocks(),
                    space.files(),
                    space.freeFiles(),
                    Math.min(space.nameMax(), Name.MAX_BYTES));
        } finally {
            root.letGo();
        }
    }

    @Override
    public FileCounters counters() {
        Counters counted = share.counters;
        return new FileCounters(
                share.table.size(),
                share.handles.size(),
                counted.bytesRead.sum(),
                counted.bytesWritten.sum(),
                counted.readAheadBytes.sum(),
                counted.readAheadHits.sum(),
                counted.readAheadMisses.sum(),
                counted.refreshes.sum(),
                counted.staleRetries.sum(),
                counted.hostChanges.sum(),
                counted.overflows.sum());
    }

    @Override
    public void close() {
        opening.close();
        locks.close();
        share.close();
    }
}
