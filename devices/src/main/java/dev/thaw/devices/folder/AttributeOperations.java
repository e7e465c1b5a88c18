// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostStat;
import dev.thaw.devices.host.HostTimes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Attributes, extended attributes and symlinks' targets. */
final class AttributeOperations {
    private static final byte[] USER = "user.".getBytes(StandardCharsets.US_ASCII);

    /** XATTR_CREATE and XATTR_REPLACE of Linux's sys/xattr.h. */
    private static final int MAX_MODE = 2;

    private final Share share;
    private final HostFiles files;
    private final NodeTable table;

    AttributeOperations(Share share) {
        this.share = share;
        this.files = share.files;
        this.table = share.table;
    }

    Attributes attributes(long nodeNumber, long handleNumber) throws ErrnoException {
        Node node = table.get(nodeNumber);
        HostStat stat;
        if (handleNumber != 0) {
            stat = statOpen(handleOf(node, handleNumber));
        } else if (node.isFolder() && (node.watched == null || node.slot != null)) {
            stat = statFolder(node);
        } else {
            stat = statPlaced(node);
        }
        node.severalNames = !node.isFolder() && stat.links() > 1;
        return share.attributes(node.identity, stat);
    }

    /**
     * Who begins to watch a folder in the guest has its kernel check permissions, for which that asks for attributes as long as it has
     * none to keep: so this is where the host begins to watch it at the latest.
     */
    private HostStat statFolder(Node node) throws ErrnoException {
        Descriptor folder = share.folders.hold(node);
        try {
            share.watchFolder(node, folder);
            HostStat stat = files.stat(folder);
            if (stat.links() == 0) {
                throw new ErrnoException(Errno.ESTALE, "statx", node + ", which has been removed");
            }
            return stat;
        } finally {
            folder.letGo();
        }
    }

    private HostStat statPlaced(Node node) throws ErrnoException {
        try {
            return share.places.find(node, (folder, name, stat) -> stat);
        } catch (ErrnoException e) {
            Handle open = e.errno() == Errno.ESTALE ? node.anyHandle() : null;
            if (open == null) {
                throw e;
            }
            return statOpen(open);
        }
    }

    private HostStat statOpen(Handle held) throws ErrnoException {
        try {
            return files.stat(held.descriptor);
        } finally {
            held.letGo();
        }
    }

    /** Held. */
    private Handle handleOf(Node node, long number) throws ErrnoException {
        Handle handle = share.handles.hold(number);
        if (handle.node != node) {
            handle.letGo();
            throw new ErrnoException(Errno.EBADF, "handle", number + " of another node than " + node);
        }
        return handle;
    }

    // ---- changes ----

    Attributes change(long nodeNumber, long handleNumber, AttributeChanges changes) throws ErrnoException {
        share.requireWritable("setattr");
        Node node = table.get(nodeNumber);
        if (changes.size().isPresent() && (changes.size().getAsLong() < 0 || !node.identity.isFile())) {
            throw new ErrnoException(node.isFolder() ? Errno.EISDIR : Errno.EINVAL, "truncate", node);
        }
        if (handleNumber != 0) {
            Handle handle = handleOf(node, handleNumber);
            try {
                return change(node, handle.descriptor, !node.isFolder() && handle.mode.write(), changes);
            } finally {
                handle.letGo();
            }
        } else if (node.identity.isSymlink()) {
            return changeSymlink(node, changes);
        }
        return share.places.pinned(node, any -> change(node, any, false, changes));
    }

    private Attributes change(Node node, Descriptor any, boolean writable, AttributeChanges changes)
            throws ErrnoException {
        if (node.identity.isFile()) {
            share.watchFile(node, any);
        }
        HostStat before = files.stat(any);
        share.ownership.change(node.identity, before, changes.uid(), changes.gid());
        if (changes.size().isPresent()) {
            truncate(node, any, writable, changes.size().getAsLong());
        }
        if (changes.permissions().isPresent()) {
            int permissions = changes.permissions().getAsInt() & Share.PERMISSIONS;
            Share.run(share.watcher.ownAttributes(node.number), () -> files.setPermissions(any, permissions));
        }
        Optional<HostTimes> times = times(changes);
        if (times.isPresent()) {
            Share.run(ownTimes(node, times.get()), () -> files.setTimes(any, times.get()));
        }
        HostStat after = files.stat(any);
        Stamp stamp = node.stamp;
        if (stamp != null) {
            node.stamp = stamp.equals(Stamp.of(before)) ? Stamp.of(after) : null;
        }
        return share.attributes(node.identity, after);
    }

    /** What the host's kernel makes of times: Linux, fsnotify_change in linux/fsnotify.h. */
    private Watcher.Own ownTimes(Node node, HostTimes times) {
        if (times.modifiedNanos() == HostTimes.OMIT) {
            return Watcher.Own.NONE;
        }
        return times.accessedNanos() == HostTimes.OMIT
                ? share.watcher.ownData(node.number)
                : share.watcher.ownAttributes(node.number);
    }

    private void truncate(Node node, Descriptor any, boolean writable, long size) throws ErrnoException {
        share.watchFile(node, any);
        try {
            if (writable) {
                Share.run(share.watcher.ownData(node.number), () -> files.truncate(any, size));
            } else {
                try (Descriptor opened = files.reopen(any, HostFiles.WRITE)) {
                    Share.run(share.watcher.ownData(node.number), () -> files.truncate(opened, size));
                }
            }
        } finally {
            node.changed();
        }
    }

    private Attributes changeSymlink(Node node, AttributeChanges changes) throws ErrnoException {
        if (changes.permissions().isPresent()) {
            throw new ErrnoException(Errno.EOPNOTSUPP, "chmod", node + ", a symlink");
        }
        Optional<HostTimes> times = times(changes);
        HostStat after = share.places.find(node, (folder, name, stat) -> {
            share.ownership.change(node.identity, stat, changes.uid(), changes.gid());
            if (times.isEmpty()) {
                return stat;
            }
            Share.run(ownTimes(node, times.get()), () -> files.setTimes(folder, name, times.get()));
            return files.stat(folder, name);
        });
        return share.attributes(node.identity, after);
    }

    private static Optional<HostTimes> times(AttributeChanges changes) throws ErrnoException {
        if (changes.accessed().isEmpty() && changes.modified().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new HostTimes(
                seconds(changes.accessed()),
                nanos(changes.accessed()),
                seconds(changes.modified()),
                nanos(changes.modified())));
    }

    private static long seconds(Optional<AttributeChanges.Stamped> stamped) {
        return stamped.isPresent() && stamped.get().time() != null
                ? stamped.get().time().seconds()
                : 0;
    }

    private static int nanos(Optional<AttributeChanges.Stamped> stamped) throws ErrnoException {
        if (stamped.isEmpty()) {
            return HostTimes.OMIT;
        } else if (stamped.get().time() == null) {
            return HostTimes.NOW;
        }
        int nanos = stamped.get().time().nanoseconds();
        if (nanos < 0 || nanos > 999_999_999) {
            throw new ErrnoException(Errno.EINVAL, "utimens", nanos + " nanoseconds");
        }
        return nanos;
    }

    // ---- symlinks ----

    byte[] readSymlink(long nodeNumber) throws ErrnoException {
        Node node = table.get(nodeNumber);
        if (!node.identity.isSymlink()) {
            throw new ErrnoException(Errno.EINVAL, "readlink", node);
        }
        return share.places.find(node, (folder, name, stat) -> {
            try {
                return files.readSymlink(folder, name);
            } catch (ErrnoException e) {
                boolean exchanged = e.errno() == Errno.EINVAL || e.errno() == Errno.ENOENT;
                throw exchanged ? new ErrnoException(Errno.ESTALE, "readlink", node) : e;
            }
        });
    }

    // ---- extended attributes ----

    byte[] extendedAttribute(long nodeNumber, Name name) throws ErrnoException {
        return share.places.pinned(withAttributes(nodeNumber, name), any -> files.attribute(any, name.raw()));
    }

    List<Name> extendedAttributes(long nodeNumber) throws ErrnoException {
        Node node = table.get(nodeNumber);
        if (node.identity.isSymlink()) {
            return List.of();
        }
        List<Name> names = new ArrayList<>();
        for (byte[] name : share.places.pinned(node, files::attributes)) {
            if (isUsers(name)) {
                names.add(Name.of(name));
            }
        }
        return names;
    }

    void setExtendedAttribute(long nodeNumber, Name name, byte[] value, int mode) throws ErrnoException {
        share.requireWritable("setxattr");
        if (mode < 0 || mode > MAX_MODE) {
            throw new ErrnoException(Errno.EINVAL, "setxattr", "mode " + mode);
        }
        Node node = withAttributes(nodeNumber, name);
        changeAttribute(node, any -> files.setAttribute(any, name.raw(), value, mode));
    }

    void removeExtendedAttribute(long nodeNumber, Name name) throws ErrnoException {
        share.requireWritable("removexattr");
        Node node = withAttributes(nodeNumber, name);
        changeAttribute(node, any -> files.removeAttribute(any, name.raw()));
    }

    private interface Change {
        void on(Descriptor any) throws ErrnoException;
    }

    /** The ctime changes, and the data don't. */
    private void changeAttribute(Node node, Change change) throws ErrnoException {
        Stamp now = share.places.pinned(node, any -> {
            Stamp before = Stamp.of(files.stat(any));
            Share.run(share.watcher.ownAttributes(node.number), () -> change.on(any));
            return before.equals(node.stamp) ? Stamp.of(files.stat(any)) : null;
        });
        if (now != null) {
            node.stamp = now;
        }
    }

    private Node withAttributes(long nodeNumber, Name name) throws ErrnoException {
        Node node = table.get(nodeNumber);
        if (!isUsers(name.raw()) || node.identity.isSymlink()) {
            throw new ErrnoException(Errno.EOPNOTSUPP, "xattr", name);
        }
        return node;
    }

    private static boolean isUsers(byte[] name) {
        return name.length > USER.length && Arrays.equals(name, 0, USER.length, USER, 0, USER.length);
    }
}
