// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostStat;

/** Opens and closes handles. A handle is of the file that its node stands for, whatever has taken its name meanwhile. */
final class Opening {
    private static final OpenMode FOLDER = new OpenMode(true, false, false, false, false, false);

    private final Share share;
    private final HostFiles files;
    private final NodeTable table;
    private final HandleTable handles;
    private final Locks locks;
    private final ListOperations lists;

    Opening(Share share, Locks locks, ListOperations lists) {
        this.share = share;
        this.files = share.files;
        this.table = share.table;
        this.handles = share.handles;
        this.locks = locks;
        this.lists = lists;
    }

    Opened open(long nodeNumber, OpenMode mode) throws ErrnoException {
        if (changes(mode)) {
            share.requireWritable("open");
        }
        Node node = table.get(nodeNumber);
        if (!node.identity.isFile()) {
            Errno errno = node.isFolder() ? Errno.EISDIR : node.identity.isSymlink() ? Errno.ELOOP : Errno.ENXIO;
            throw new ErrnoException(errno, "open", node);
        }
        return withRoom(room -> {
            Descriptor opened = room.own(openPlaced(node, how(mode)));
            if (mode.truncate()) {
                share.watchFile(node, opened);
                truncate(node, opened);
            }
            return opened(room, node, opened, mode);
        });
    }

    private static boolean changes(OpenMode mode) {
        return mode.write() || mode.append() || mode.truncate();
    }

    private static int how(OpenMode mode) {
        return (mode.read() || !mode.write() ? HostFiles.READ : 0)
                | (mode.write() || mode.truncate() ? HostFiles.WRITE : 0)
                | (mode.append() ? HostFiles.APPEND : 0)
                | (mode.sync() ? HostFiles.SYNC : 0);
    }

    private Opened opened(Room room, Node node, Descriptor descriptor, OpenMode mode) throws ErrnoException {
        // Also to read: it may be written through a name that the guest has never seen, or where it has been moved
        // meanwhile.
        share.watchFile(node, descriptor);
        Stamp stamp = Stamp.of(files.stat(descriptor));
        boolean keepCache = stamp.equals(node.stamp);
        node.stamp = stamp;
        return new Opened(room.use(node, mode).number, keepCache);
    }

    private void truncate(Node node, Descriptor file) throws ErrnoException {
        try {
            Share.run(share.watcher.ownData(node.number), () -> files.truncate(file, 0));
        } finally {
            node.stamp = null;
            node.changed();
        }
    }

    private Descriptor openPlaced(Node node, int how) throws ErrnoException {
        try {
            return share.places.find(node, (folder, name, stat) -> openSame(node, folder, name, how));
        } catch (ErrnoException e) {
            Handle other = e.errno() == Errno.ESTALE ? node.anyHandle() : null;
            if (other == null) {
                throw e;
            }
            try {
                return files.reopen(other.descriptor, how);
            } finally {
                other.letGo();
            }
        }
    }

    private Descriptor openSame(Node node, Descriptor folder, byte[] name, int how) throws ErrnoException {
        Descriptor opened;
        try {
            opened = files.open(folder, name, how, 0);
        } catch (ErrnoException e) {
            // Something else has been put there since it was looked at.
            switch (e.errno()) {
                case ENOENT, ELOOP, EISDIR, ENXIO, ENODEV -> throw new ErrnoException(Errno.ESTALE, "open", node);
                default -> throw e;
            }
        }
        boolean same = false;
        try {
            share.places.requireSame(node, opened);
            same = true;
            return opened;
        } finally {
            if (!same) {
                opened.close();
            }
        }
    }

    FileTree.Created create(
            long parentNumber, Name name, int permissions, boolean exclusive, OpenMode mode, Caller caller)
            throws ErrnoException {
        share.requireWritable("create");
        share.ownership.requireRoom(caller);
        Node parent = table.folder(parentNumber);
        Descriptor folder = share.folders.hold(parent);
        try {
            share.watchFolder(parent, folder);
            return withRoom(room -> create(room, parent, folder, name, permissions, exclusive, mode, caller));
        } finally {
            folder.letGo();
        }
    }

    private FileTree.Created create(
            Room room,
            Node parent,
            Descriptor folder,
            Name name,
            int permissions,
            boolean exclusive,
            OpenMode mode,
            Caller caller)
            throws ErrnoException {
        int allowed = permissions & Share.PERMISSIONS;
        boolean made = openOrMake(room, parent, folder, name, allowed, exclusive, how(mode));
        Descriptor opened = room.descriptor;
        HostStat stat = files.stat(opened);
        if (!stat.isFile()) {
            throw new ErrnoException(stat.isFolder() ? Errno.EISDIR : Errno.ESTALE, "create", name);
        }
        if (made) {
            share.ownership.made(Identity.of(stat), stat, caller);
        }
        Node node = share.enterOpened(parent, folder, name, stat);
        boolean done = false;
        try {
            if (made && (stat.mode() & Share.PERMISSIONS) != allowed) {
                Share.run(share.watcher.ownAttributes(node.number), () -> files.setPermissions(opened, allowed));
            }
            if (!made && mode.truncate()) {
                share.watchFile(node, opened);
                truncate(node, opened);
            }
            Opened handle = opened(room, node, opened, mode);
            Entry entry = new Entry(node.number, share.attributes(node.identity, files.stat(opened)));
            done = true;
            return new FileTree.Created(entry, handle);
        } finally {
            if (!done) {
                table.forget(node.number, 1);
            }
        }
    }

    /** Whether it was made. Somebody may make or remove it all the time: that is tried four times. */
    private boolean openOrMake(
            Room room, Node parent, Descriptor folder, Name name, int permissions, boolean exclusive, int how)
            throws ErrnoException {
        for (int attempt = 1; attempt <= OpenFolders.MAX_TRIES; attempt++) {
            try {
                Share.run(
                        share.watcher.ownName(parent.number, name, Watcher.NameChange.MADE, 0, 0),
                        () -> room.own(files.open(folder, name.raw(), how | HostFiles.CREATE_NEW, permissions)));
                parent.namesChanged();
                return true;
            } catch (ErrnoException e) {
                if (e.errno() != Errno.EEXIST || exclusive) {
                    throw e;
                }
            }
            try {
                room.own(files.open(folder, name.raw(), how, 0));
                return false;
            } catch (ErrnoException e) {
                switch (e.errno()) {
                    case ENOENT -> share.counters.staleRetries.increment();
                    case ELOOP, ENXIO, ENODEV -> throw new ErrnoException(Errno.ESTALE, "create", name);
                    default -> throw e;
                }
            }
        }
        throw new ErrnoException(Errno.ESTALE, "create", name);
    }

    Opened openFolder(long nodeNumber) throws ErrnoException {
        Node node = table.folder(nodeNumber);
        return withRoom(room -> {
            Descriptor folder = share.folders.hold(node);
            try {
                share.watchFolder(node, folder);
                boolean sameNames = node.openNames();
                room.own(files.openListing(folder));
                return new Opened(room.use(node, FOLDER).number, sameNames);
            } finally {
                folder.letGo();
            }
        });
    }

    // ---- rooms ----

    /** Room for one handle, and its descriptor until it is one. */
    private final class Room {
        private Descriptor descriptor;
        private boolean used;

        Descriptor own(Descriptor opened) {
            descriptor = opened;
            return opened;
        }

        Handle use(Node node, OpenMode mode) throws ErrnoException {
            used = true;
            return handles.add(node, descriptor, mode);
        }
    }

    private interface InRoom<T> {
        T open(Room room) throws ErrnoException;
    }

    private <T> T withRoom(InRoom<T> opening) throws ErrnoException {
        handles.takeRoom();
        Room room = new Room();
        try {
            return opening.open(room);
        } finally {
            if (!room.used) {
                handles.giveBackRoom();
                if (room.descriptor != null) {
                    room.descriptor.close();
                }
            }
        }
    }

    // ---- the end ----

    void release(long number) throws ErrnoException {
        if (!end(number)) {
            throw new ErrnoException(Errno.EBADF, "release", number);
        }
    }

    private boolean end(long number) {
        Handle handle = handles.end(number);
        if (handle == null) {
            return false;
        }
        boolean last = handle.node.closed(handle);
        locks.closed(handle.node, last);
        lists.forget(handle);
        return true;
    }

    void close() {
        for (long number : handles.close()) {
            end(number);
        }
    }
}
