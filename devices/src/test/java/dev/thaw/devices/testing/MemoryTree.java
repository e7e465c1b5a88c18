// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.testing;

import dev.thaw.devices.folder.Caller;
import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.EntrySink;
import dev.thaw.devices.folder.FileCounters;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FileLock;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.OpenMode;
import dev.thaw.devices.folder.Opened;
import dev.thaw.devices.folder.Space;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A second, small implementation of the contract, with no files below it: the model that frontends and fuzz tests work
 * with. What may wait can be held up by a latch. Thread-safe, under one lock.
 */
public final class MemoryTree extends MemoryNames {
    private final Map<Long, Handle> handles = new HashMap<>();
    private final List<Runnable> unlockListeners = new ArrayList<>();
    private long nextHandle = 1;

    /** What is open: a file, or a folder with its listing. */
    private record Handle(MemoryNode node, OpenMode mode, List<Map.Entry<Name, MemoryNode>> listing) {}

    // ---- handles ----

    private Handle handle(long number) throws ErrnoException {
        Handle handle = handles.get(number);
        if (handle == null) {
            throw new ErrnoException(Errno.EBADF, "handle", Long.toUnsignedString(number));
        }
        return handle;
    }

    private Handle folderHandle(long number) throws ErrnoException {
        Handle handle = handle(number);
        if (handle.listing == null) {
            throw new ErrnoException(Errno.ENOTDIR, "handle", Long.toUnsignedString(number));
        }
        return handle;
    }

    private Handle fileHandle(long number, boolean write) throws ErrnoException {
        Handle handle = handle(number);
        if (handle.mode == null || (write ? !handle.mode.write() : !handle.mode.read())) {
            throw new ErrnoException(Errno.EBADF, write ? "write" : "read", Long.toUnsignedString(number));
        }
        return handle;
    }

    // ---- files ----

    private Opened add(Handle handle) {
        handles.put(nextHandle, handle);
        return new Opened(nextHandle++, handle.mode != null && !handle.mode.truncate());
    }

    @Override
    public synchronized Opened open(long node, OpenMode mode) throws ErrnoException {
        MemoryNode file = node(node).requireFile();
        if (mode.truncate()) {
            file.resize(0);
        }
        return add(new Handle(file, mode, null));
    }

    @Override
    public synchronized Created create(
            long parent, Name name, int permissions, boolean exclusive, OpenMode mode, Caller caller)
            throws ErrnoException {
        MemoryNode folder = node(parent).requireFolder();
        MemoryNode file = folder.children.get(name);
        if (file == null || exclusive) {
            file = make(parent, name, FileKind.FILE, permissions, caller);
        }
        file.requireFile();
        Entry entry = entry(file);
        return new Created(entry, open(file.number, mode));
    }

    @Override
    public int read(long handle, long offset, ByteBuffer target) throws ErrnoException {
        awaitDisk();
        synchronized (this) {
            return fileHandle(handle, false).node.read(offset, target);
        }
    }

    @Override
    public synchronized int readNow(long handle, long offset, ByteBuffer target) throws ErrnoException {
        return isDiskHeld() ? -1 : fileHandle(handle, false).node.read(offset, target);
    }

    @Override
    public int write(long handle, long offset, ByteBuffer data) throws ErrnoException {
        awaitDisk();
        synchronized (this) {
            Handle open = fileHandle(handle, true);
            return open.node.write(open.mode.append() ? open.node.data.length : offset, data.duplicate());
        }
    }

    @Override
    public void flush(long handle, long lockOwner) throws ErrnoException {
        synchronized (this) {
            handle(handle).node.locks.giveUp(FileLock.Kind.POSIX, lockOwner);
        }
        tellUnlocked();
    }

    @Override
    public void sync(long handle, boolean dataOnly) throws ErrnoException {
        awaitDisk();
        synchronized (this) {
            handle(handle);
        }
    }

    @Override
    public synchronized void release(long handle) throws ErrnoException {
        handle(handle);
        handles.remove(handle);
    }

    @Override
    public synchronized long seek(long handle, long offset, boolean hole) throws ErrnoException {
        MemoryNode file = handle(handle).node.requireFile();
        if (offset >= file.data.length) {
            throw new ErrnoException(Errno.ENXIO, "lseek", "to " + offset);
        }
        return hole ? file.data.length : offset;
    }

    @Override
    public void allocate(long handle, int mode, long offset, long length) throws ErrnoException {
        awaitDisk();
        synchronized (this) {
            MemoryNode file = fileHandle(handle, true).node;
            if (mode != 0) {
                throw new ErrnoException(Errno.EOPNOTSUPP, "fallocate", "mode " + mode);
            }
            file.resize(Math.max(file.data.length, offset + length));
        }
    }

    @Override
    public long copyRange(long from, long fromOffset, long to, long toOffset, long length) throws ErrnoException {
        awaitDisk();
        synchronized (this) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(length, MemoryNode.MAX_BYTES));
            fileHandle(from, false).node.read(fromOffset, bytes);
            return fileHandle(to, true).node.write(toOffset, bytes.flip());
        }
    }

    // ---- folders ----

    @Override
    public synchronized Opened openFolder(long node) throws ErrnoException {
        return add(new Handle(node(node).requireFolder(), null, new ArrayList<>()));
    }

    @Override
    public synchronized void list(long handle, long position, boolean withAttributes, EntrySink sink)
            throws java.io.IOException {
        Handle open = folderHandle(handle);
        if (position == 0) {
            open.listing.clear();
            open.listing.addAll(Map.copyOf(open.node.children).entrySet());
        }
        for (long at = Math.max(0, position); at < open.listing.size() + 2L; at++) {
            if (!take(open, (int) at, withAttributes, sink)) {
                return;
            }
        }
    }

    private boolean take(Handle open, int at, boolean withAttributes, EntrySink sink) throws java.io.IOException {
        if (at < 2) {
            MemoryNode dots = at == 0 || open.node.parent == null ? open.node : open.node.parent;
            return sink.take(at == 0 ? new byte[] {'.'} : new byte[] {'.', '.'}, dots.number, dots.kind, at + 1, null);
        }
        Name name = open.listing.get(at - 2).getKey();
        MemoryNode node = open.listing.get(at - 2).getValue();
        EntrySink.Looker looker = () -> {
            MemoryNode now = open.node.children.get(name);
            return now == null ? null : entry(now);
        };
        return sink.take(name.bytes(), node.number, node.kind, at + 1, withAttributes ? looker : null);
    }

    // ---- extended attributes ----

    @Override
    public synchronized byte[] extendedAttribute(long node, Name name) throws ErrnoException {
        byte[] value = node(node).extended.get(name);
        if (value == null) {
            throw new ErrnoException(Errno.ENODATA, "getxattr", name.toString());
        }
        return value.clone();
    }

    @Override
    public synchronized List<Name> extendedAttributes(long node) throws ErrnoException {
        return List.copyOf(node(node).extended.keySet());
    }

    @Override
    public synchronized void setExtendedAttribute(long node, Name name, byte[] value, int mode) throws ErrnoException {
        boolean there = node(node).extended.containsKey(name);
        if (mode == 1 && there) {
            throw new ErrnoException(Errno.EEXIST, "setxattr", name.toString());
        } else if (mode == 2 && !there) {
            throw new ErrnoException(Errno.ENODATA, "setxattr", name.toString());
        }
        node(node).extended.put(name, value.clone());
    }

    @Override
    public synchronized void removeExtendedAttribute(long node, Name name) throws ErrnoException {
        if (node(node).extended.remove(name) == null) {
            throw new ErrnoException(Errno.ENODATA, "removexattr", name.toString());
        }
    }

    // ---- locks ----

    @Override
    public synchronized Optional<FileLock> conflicting(long handle, FileLock lock) throws ErrnoException {
        return handle(handle).node.locks.conflicting(lock);
    }

    @Override
    public boolean tryLock(long handle, FileLock lock) throws ErrnoException {
        boolean done;
        synchronized (this) {
            done = handle(handle).node.locks.tryLock(lock);
        }
        if (done) {
            tellUnlocked();
        }
        return done;
    }

    private void tellUnlocked() {
        List<Runnable> listeners;
        synchronized (this) {
            listeners = List.copyOf(unlockListeners);
            unlockListeners.clear();
        }
        listeners.forEach(Runnable::run);
    }

    @Override
    public synchronized Runnable onUnlock(long handle, Runnable action) {
        unlockListeners.add(action);
        return () -> {
            synchronized (this) {
                unlockListeners.remove(action);
            }
        };
    }

    // ---- the rest ----

    @Override
    public synchronized Space space() {
        return new Space(4096, 1000, 500, 400, MAX_NODES, MAX_NODES - madeNodes(), Name.MAX_BYTES);
    }

    @Override
    public synchronized FileCounters counters() {
        return new FileCounters(knownNodes(), handles.size(), 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public synchronized void close() {
        handles.clear();
    }
}
