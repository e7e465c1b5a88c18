// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostStat;
import java.util.ArrayList;
import java.util.List;

/** Looking up, making, renaming and removing names. */
final class NameOperations {
    /** What a symlink may point to has at most this many bytes. Source: Linux, limits.h, PATH_MAX with its NUL. */
    private static final int MAX_TARGET = 4095;

    private final Share share;
    private final HostFiles files;
    private final NodeTable table;

    NameOperations(Share share) {
        this.share = share;
        this.files = share.files;
        this.table = share.table;
    }

    Entry lookup(long parentNumber, Name name) throws ErrnoException {
        Node parent = table.folder(parentNumber);
        Descriptor folder = share.folders.hold(parent);
        try {
            share.watchFolder(parent, folder);
            return share.enter(parent, folder, name);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                table.unlinkMissing(parent, name);
                share.rememberAbsent(parent, name);
            }
            throw e;
        } finally {
            folder.letGo();
        }
    }

    // ---- making ----

    /** Makes something under a name. */
    private interface Making {
        void make(Descriptor folder, byte[] name) throws ErrnoException;
    }

    Entry makeSymlink(long parent, Name name, byte[] target, Caller caller) throws ErrnoException {
        if (target.length == 0 || target.length > MAX_TARGET) {
            throw new ErrnoException(
                    target.length == 0 ? Errno.ENOENT : Errno.ENAMETOOLONG, "symlink", target.length + " bytes");
        }
        for (byte one : target) {
            if (one == 0) {
                throw new ErrnoException(Errno.EINVAL, "symlink", target);
            }
        }
        return make("symlink", parent, name, -1, caller, (folder, bytes) -> files.makeSymlink(folder, bytes, target));
    }

    Entry makeNode(long parent, Name name, FileKind kind, int permissions, Caller caller) throws ErrnoException {
        switch (kind) {
            case CHARACTER_DEVICE, BLOCK_DEVICE -> throw new ErrnoException(Errno.EPERM, "mknod", name);
            case FOLDER, SYMLINK -> throw new ErrnoException(Errno.EINVAL, "mknod", name);
            case FILE, FIFO, SOCKET -> {}
        }
        int allowed = permissions & Share.PERMISSIONS;
        return make(
                "mknod",
                parent,
                name,
                allowed,
                caller,
                (folder, bytes) -> files.makeNode(folder, bytes, kind.bits() | allowed));
    }

    Entry makeFolder(long parent, Name name, int permissions, Caller caller) throws ErrnoException {
        int allowed = permissions & Share.PERMISSIONS;
        return make(
                "mkdir", parent, name, allowed, caller, (folder, bytes) -> files.makeFolder(folder, bytes, allowed));
    }

    /** @param permissions -1 if there are none to set */
    private Entry make(String call, long parentNumber, Name name, int permissions, Caller caller, Making making)
            throws ErrnoException {
        share.requireWritable(call);
        share.ownership.requireRoom(caller);
        Node parent = table.folder(parentNumber);
        Descriptor folder = share.folders.hold(parent);
        try {
            Share.run(
                    share.watcher.ownName(parent.number, name, Watcher.NameChange.MADE, 0, 0),
                    () -> making.make(folder, name.raw()));
            parent.namesChanged();
            HostStat stat = files.stat(folder, name.raw());
            share.ownership.made(Identity.of(stat), stat, caller);
            Entry made = share.enter(parent, folder, name);
            return permissions < 0 || made.attributes().permissions() == permissions
                    ? made
                    : withPermissions(folder, name, made, permissions);
        } finally {
            folder.letGo();
        }
    }

    /** This process's mask has taken bits away that the guest's own mask had let pass. */
    private Entry withPermissions(Descriptor folder, Name name, Entry made, int permissions) throws ErrnoException {
        Node node = table.get(made.node());
        boolean done = false;
        try (Descriptor pin = files.pin(folder, name.raw())) {
            HostStat stat = files.stat(pin);
            if (node.identity.is(stat)
                    && !stat.isSymlink()) { // or somebody of the host has put something else in its place
                Share.run(share.watcher.ownAttributes(node.number), () -> files.setPermissions(pin, permissions));
                stat = files.stat(pin);
            }
            done = true;
            return node.identity.is(stat) ? new Entry(node.number, share.attributes(node.identity, stat)) : made;
        } finally {
            if (!done) {
                table.forget(node.number, 1);
            }
        }
    }

    Entry link(long nodeNumber, long newParentNumber, Name newName) throws ErrnoException {
        share.requireWritable("link");
        Node node = table.get(nodeNumber);
        Node parent = table.folder(newParentNumber);
        if (node.isFolder()) {
            throw new ErrnoException(Errno.EPERM, "link", node);
        }
        Descriptor folder = share.folders.hold(parent);
        try {
            HostStat stat = share.places.pinned(node, pin -> {
                Share.run(
                        share.watcher.ownLinks(node.number),
                        () -> Share.run(
                                share.watcher.ownName(parent.number, newName, Watcher.NameChange.MADE, 0, node.number),
                                () -> files.link(pin, folder, newName.raw())));
                return files.stat(pin);
            });
            parent.namesChanged();
            if (node.stamp != null) {
                node.stamp = Stamp.of(stat);
            }
            return share.enter(parent, folder, newName);
        } finally {
            folder.letGo();
        }
    }

    // ---- removing ----

    void unlink(long parentNumber, Name name) throws ErrnoException {
        remove("unlink", parentNumber, name, files::unlink);
    }

    void removeFolder(long parentNumber, Name name) throws ErrnoException {
        remove("rmdir", parentNumber, name, files::removeFolder);
    }

    private void remove(String call, long parentNumber, Name name, Making removing) throws ErrnoException {
        share.requireWritable(call);
        Node parent = table.folder(parentNumber);
        Descriptor folder = share.folders.hold(parent);
        try {
            Node known = table.child(parent, name);
            HostStat stat = files.stat(folder, name.raw());
            Share.run(
                    losing(stat),
                    () -> Share.run(
                            share.watcher.ownName(
                                    parent.number, name, Watcher.NameChange.REMOVED, number(table.find(stat)), 0),
                            () -> {
                                removing.make(folder, name.raw());
                                table.unlink(parent, name);
                            }));
            parent.namesChanged();
            lost(stat);
            tellIfOther(known, table.find(stat));
        } finally {
            folder.letGo();
        }
    }

    private static long number(Node node) {
        return node == null ? 0 : node.number;
    }

    /** The host had put another file there just before, whose attributes the guest's kernel does not take to have changed by its own doing. */
    private void tellIfOther(Node known, Node found) {
        if (found != null && found != known) {
            share.watcher.lostSight(found.number);
        }
    }

    /** A file is about to lose a name, if it is the guest's doing. */
    private Watcher.Own losing(HostStat before) {
        Node node = before == null || before.isFolder() ? null : table.find(before);
        return node == null ? Watcher.Own.NONE : share.watcher.ownLinks(node.number);
    }

    /** A file has lost a name. */
    private void lost(HostStat before) {
        Node node = table.find(before);
        if (before.isFolder()) {
            if (node != null) {
                share.folders.drop(node);
            }
            share.ownership.gone(Identity.of(before));
        } else if (before.links() <= 1) {
            Handle open = node == null ? null : node.anyHandle();
            if (open == null) {
                share.ownership.gone(Identity.of(before));
            } else {
                node.gone = true; // goes on being served; what is remembered goes with the node
                open.letGo();
            }
        }
    }

    // ---- renaming ----

    void rename(long parentNumber, Name name, long newParentNumber, Name newName, FileTree.RenameMode mode)
            throws ErrnoException {
        share.requireWritable("rename");
        Node parent = table.folder(parentNumber);
        Node newParent = table.folder(newParentNumber);
        Descriptor folder = share.folders.hold(parent);
        try {
            Descriptor newFolder = share.folders.hold(newParent);
            try {
                HostStat stat = files.stat(folder, name.raw());
                HostStat other = statOrNull(newFolder, newName);
                Move move = new Move(parent, name, table.find(stat), newParent, newName, mode, stat, other);
                renameAt(folder, newFolder, move);
            } finally {
                newFolder.letGo();
            }
        } finally {
            folder.letGo();
        }
    }

    /** One rename, and what was found under the names before. */
    private record Move(
            Node parent,
            Name name,
            Node node,
            Node newParent,
            Name newName,
            FileTree.RenameMode mode,
            HostStat stat,
            HostStat other) {
        /** Two names of one file: both stay, and nothing happens. Source: rename(2). */
        boolean isOfOneFile() {
            return other != null && Identity.of(other).is(stat);
        }
    }

    private void renameAt(Descriptor folder, Descriptor newFolder, Move move) throws ErrnoException {
        boolean exchange = move.mode == FileTree.RenameMode.EXCHANGE;
        Node other = exchange && move.other != null ? table.find(move.other) : null;
        table.moving(move.node, move.newParent, move.newName);
        table.moving(other, move.parent, move.name);
        List<Watcher.Own> own = announced(move);
        Node known = table.child(move.parent, move.name);
        Node knownTarget = table.child(move.newParent, move.newName);
        try {
            files.rename(folder, move.name.raw(), newFolder, move.newName.raw(), hostMode(move.mode));
            if (!move.isOfOneFile()) {
                renamed(move, other);
                own.forEach(Watcher.Own::made);
            }
        } catch (ErrnoException e) {
            table.notMoved(move.node, move.newParent, move.newName);
            table.notMoved(other, move.parent, move.name);
            throw e;
        } finally {
            own.forEach(Watcher.Own::close);
        }
        if (move.isOfOneFile()) {
            return;
        }
        if (!exchange && move.other != null) {
            lost(move.other);
        }
        restamp(newFolder, move);
        tellIfOther(known, move.node);
        tellIfOther(knownTarget, move.other == null ? null : table.find(move.other));
    }

    /** In the order of the events. Source: Linux, fs/namei.c, vfs_rename. */
    private List<Watcher.Own> announced(Move move) {
        Watcher watcher = share.watcher;
        long from = move.parent.number;
        long to = move.newParent.number;
        long node = number(move.node);
        long target = number(move.other == null ? null : table.find(move.other));
        List<Watcher.Own> own = new ArrayList<>(4);
        if (move.mode == FileTree.RenameMode.EXCHANGE) {
            own.add(watcher.ownName(from, move.name, Watcher.NameChange.MOVED_AWAY, node, target));
            own.add(watcher.ownName(to, move.newName, Watcher.NameChange.MOVED_HERE, target, node));
            own.add(watcher.ownName(to, move.newName, Watcher.NameChange.MOVED_AWAY, target, node));
            own.add(watcher.ownName(from, move.name, Watcher.NameChange.MOVED_HERE, node, target));
        } else {
            own.add(watcher.ownName(from, move.name, Watcher.NameChange.MOVED_AWAY, node, 0));
            own.add(watcher.ownName(to, move.newName, Watcher.NameChange.MOVED_HERE, target, node));
            own.add(losing(move.other));
        }
        return own;
    }

    private static int hostMode(FileTree.RenameMode mode) {
        return switch (mode) {
            case REPLACE -> HostFiles.REPLACE;
            case NO_REPLACE -> HostFiles.NO_REPLACE;
            case EXCHANGE -> HostFiles.EXCHANGE;
        };
    }

    private void renamed(Move move, Node other) {
        move.parent.namesChanged();
        move.newParent.namesChanged();
        if (move.mode != FileTree.RenameMode.EXCHANGE) {
            table.moved(move.parent, move.name, move.node, move.newParent, move.newName);
        } else {
            table.exchanged(move.parent, move.name, move.node, move.newParent, move.newName, other);
        }
    }

    /** A rename changes a file's ctime on most file systems, and its data stay what the guest has cached. */
    private void restamp(Descriptor newFolder, Move move) throws ErrnoException {
        Node node = move.node;
        Stamp before = node == null ? null : node.stamp;
        if (before != null && before.equals(Stamp.of(move.stat))) {
            HostStat now = statOrNull(newFolder, move.newName);
            if (now != null && node.identity.is(now)) {
                node.stamp = Stamp.of(now);
            }
        }
    }

    private HostStat statOrNull(Descriptor folder, Name name) throws ErrnoException {
        try {
            return files.stat(folder, name.raw());
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
    }
}
