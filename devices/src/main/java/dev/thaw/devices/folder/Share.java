// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostStat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** What the parts of a tree have in common. Thread-safe. */
final class Share {
    /** The bits of a mode that reach the host and the guest: no setuid and no setgid, in neither direction. */
    static final int PERMISSIONS = 01777;

    /** Names of a folder that are kept in mind as missing. */
    private static final int MAX_ABSENT = 4096;

    final HostFiles files;
    final FolderOptions options;
    final NodeTable table;
    final OpenFolders folders;
    final Places places;
    final HandleTable handles;
    final Ownership ownership;
    final Counters counters = new Counters();
    final Watcher watcher;
    /** Changes that the watcher has seen of names which led to no node: whoever is about to enter one looks again. */
    final AtomicLong unplacedChanges = new AtomicLong();

    private final Inodes inodes;

    Share(HostFiles files, Path folder, FolderOptions options, ReadAheadBudget budget, Watcher watcher)
            throws IOException {
        this.files = files;
        this.options = options;
        this.watcher = watcher;
        Descriptor root = files.openRoot(folder);
        try {
            HostStat stat = files.stat(root);
            this.inodes = new Inodes(stat.device());
            this.table = new NodeTable(stat, this::forgotten, node -> watcher.lostSight(node.number));
        } catch (ErrnoException | RuntimeException e) {
            root.close();
            throw e;
        }
        this.folders = new OpenFolders(files, table, root, options.maxOpenFolders(), counters);
        this.places = new Places(files, table, folders, counters);
        this.handles = new HandleTable(options.maxHandles(), budget, counters);
        this.ownership = new Ownership(options, files);
    }

    private void forgotten(Node node) {
        folders.drop(node);
        if (node.gone) {
            ownership.gone(node.identity);
        }
        watcher.forgotten(node.number);
    }

    void requireWritable(String call) throws ErrnoException {
        if (options.readOnly()) {
            throw new ErrnoException(Errno.EROFS, call, "in a share that is read-only");
        }
    }

    // ---- watching ----

    /** Asks once for a folder to be watched; what the guest is told of its names may be told for as long as this says so. */
    boolean watchFolder(Node node, Descriptor folder) {
        Boolean known = node.watched;
        if (known == null) {
            synchronized (node) {
                known = node.watched;
                if (known == null) {
                    known = watcher.folder(node.number, folder);
                    node.watched = known;
                }
            }
        }
        return known;
    }

    void watchFile(Node node, Descriptor file) {
        if (node.watched == null) {
            synchronized (node) {
                if (node.watched == null) {
                    node.watched = watcher.file(node.number, file);
                }
            }
        }
    }

    /** A call that changes something of the host. */
    interface Call {
        void run() throws ErrnoException;
    }

    /** The same, that tells how much it has changed; 0 for nothing. */
    interface CountedCall {
        long run() throws ErrnoException;
    }

    /** Runs a call whose change has been announced to the watcher. */
    static void run(Watcher.Own announced, Call call) throws ErrnoException {
        try (announced) {
            call.run();
            announced.made();
        }
    }

    static long runCounted(Watcher.Own announced, CountedCall call) throws ErrnoException {
        try (announced) {
            long count = call.run();
            if (count > 0) {
                announced.made();
            }
            return count;
        }
    }

    /** The guest may remember that there is no such name. Which is let go to make room does not matter. */
    void rememberAbsent(Node folder, Name name) {
        Set<Name> absent = folder.absent;
        if (absent == null) {
            synchronized (folder) {
                absent = folder.absent == null ? ConcurrentHashMap.newKeySet() : folder.absent;
                folder.absent = absent;
            }
        }
        if (absent.add(name) && absent.size() > MAX_ABSENT) {
            Name other = absent.iterator().next();
            if (absent.remove(other)) {
                watcher.absenceForgotten(folder.number, other);
            }
        }
    }

    // ---- what the guest sees ----

    /**
     * What a name leads to, with one lookup more.
     *
     * @param folder of the parent, for looking into
     * @throws ErrnoException ENOENT if there is nothing
     */
    Entry enter(Node parent, Descriptor folder, Name name) throws ErrnoException {
        for (int attempt = 1; ; attempt++) {
            long moves = table.moves();
            long unplaced = unplacedChanges.get();
            HostStat stat = files.stat(folder, name.raw());
            Node node = table.enter(parent, name, stat, moves);
            if (node == null && attempt == OpenFolders.MAX_TRIES) {
                node = table.enter(stat); // by its other names, if it has some
                node.severalNames = true; // this one is not known, so nobody is told of what is changed through it
                return new Entry(node.number, attributes(node.identity, stat));
            }
            if (node != null && unplacedChanges.get() != unplaced) {
                stat = lookAgain(folder, name, node);
            }
            if (node != null && stat != null) {
                node.severalNames = !node.isFolder() && stat.links() > 1;
                return new Entry(node.number, attributes(node.identity, stat));
            }
            counters.staleRetries.increment();
        }
    }

    /** Null if the name leads elsewhere by now, or nowhere; the node's lookup is given back then. */
    private HostStat lookAgain(Descriptor folder, Name name, Node node) throws ErrnoException {
        HostStat stat = null;
        try {
            stat = files.stat(folder, name.raw());
            stat = node.identity.is(stat) ? stat : null;
            return stat;
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            return null;
        } finally {
            if (stat == null) {
                table.forget(node.number, 1);
            }
        }
    }

    /** The node of a file that is open, and that was reached by a name, with one lookup more. */
    Node enterOpened(Node parent, Descriptor folder, Name name, HostStat opened) throws ErrnoException {
        Identity identity = Identity.of(opened);
        for (int attempt = 1; attempt <= OpenFolders.MAX_TRIES; attempt++) {
            long moves = table.moves();
            try {
                if (!identity.is(files.stat(folder, name.raw()))) {
                    break;
                }
            } catch (ErrnoException e) {
                if (e.errno() == Errno.ENOENT) {
                    break;
                }
                throw e;
            }
            Node node = table.enter(parent, name, opened, moves);
            if (node != null) {
                return node;
            }
            counters.staleRetries.increment();
        }
        Node node = table.enter(opened); // served through its handle
        node.severalNames = true;
        return node;
    }

    Attributes attributes(Identity identity, HostStat stat) throws ErrnoException {
        return new Attributes(
                inodes.of(stat.device(), stat.inode()),
                kind(stat),
                stat.mode() & PERMISSIONS,
                stat.links(),
                ownership.uid(identity, stat),
                ownership.gid(identity, stat),
                stat.special(),
                stat.size(),
                stat.blocks(),
                stat.ioBytes(),
                new Attributes.Time(stat.accessedSeconds(), stat.accessedNanos()),
                new Attributes.Time(stat.modifiedSeconds(), stat.modifiedNanos()),
                new Attributes.Time(stat.changedSeconds(), stat.changedNanos()));
    }

    static FileKind kind(HostStat stat) throws ErrnoException {
        FileKind kind = FileKind.ofMode(stat.mode());
        if (kind == null) {
            throw new ErrnoException(Errno.EIO, "statx", "mode " + Integer.toOctalString(stat.mode()));
        }
        return kind;
    }

    long inode(Node node) {
        return inodes.of(node.identity.device(), node.identity.inode());
    }

    long inode(Node folder, long inode) {
        return inodes.of(folder.identity.device(), inode);
    }

    void close() {
        folders.close();
        watcher.close();
    }
}
