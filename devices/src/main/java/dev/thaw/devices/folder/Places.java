// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostStat;
import java.util.List;

/**
 * Finds where a node is. A name that was seen to lead to it is only a hint: the file there must be the one that the node stands
 * for, or it is not touched. If names were changed meanwhile, it is looked for again, four times at most.
 */
final class Places {
    private static final byte[] HERE = {'.'};

    /** Does something to a file at its place. ESTALE from it says that the file was exchanged meanwhile. */
    interface Use<T> {
        /** Does it; the attributes are of the file, which is the node's. */
        T at(Descriptor folder, byte[] name, HostStat stat) throws ErrnoException;
    }

    /** Does something to a file by a descriptor. */
    interface AnyUse<T> {
        T with(Descriptor any) throws ErrnoException;
    }

    private final HostFiles files;
    private final NodeTable table;
    private final OpenFolders folders;
    private final Counters counters;

    Places(HostFiles files, NodeTable table, OpenFolders folders, Counters counters) {
        this.files = files;
        this.table = table;
        this.folders = folders;
        this.counters = counters;
    }

    /** @throws ErrnoException ESTALE if the node has no place any more */
    <T> T find(Node node, Use<T> use) throws ErrnoException {
        for (int attempt = 1; ; attempt++) {
            long moves = table.moves();
            // One of them may be of a rename that is under way, and each be looked at when it is the other.
            boolean severalNames = node.links.size() > 1;
            try {
                return node == table.root() ? inRoot(use) : byNames(node, use);
            } catch (ErrnoException e) {
                boolean maybeMoved = severalNames || table.moves() != moves;
                if (e.errno() != Errno.ESTALE || attempt >= OpenFolders.MAX_TRIES || !maybeMoved) {
                    throw e;
                }
                counters.staleRetries.increment();
            }
        }
    }

    private <T> T inRoot(Use<T> use) throws ErrnoException {
        Descriptor root = folders.hold(table.root());
        try {
            return use.at(root, HERE, files.stat(root));
        } finally {
            root.letGo();
        }
    }

    private <T> T byNames(Node node, Use<T> use) throws ErrnoException {
        ErrnoException failure = null;
        List<Node.Link> links = node.links;
        for (int i = links.size() - 1; i >= 0; i--) {
            try {
                return byName(node, links.get(i), use);
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ESTALE) {
                    throw e;
                }
                failure = e;
            }
        }
        throw failure != null ? failure : new ErrnoException(Errno.ESTALE, "find", node);
    }

    private <T> T byName(Node node, Node.Link link, Use<T> use) throws ErrnoException {
        Descriptor folder = folders.hold(link.parent());
        try {
            byte[] name = link.name().raw();
            HostStat stat = statOrStale(folder, name, node);
            if (!node.identity.is(stat)) {
                throw new ErrnoException(Errno.ESTALE, "find", node);
            }
            return use.at(folder, name, stat);
        } finally {
            folder.letGo();
        }
    }

    private HostStat statOrStale(Descriptor folder, byte[] name, Node node) throws ErrnoException {
        try {
            return files.stat(folder, name);
        } catch (ErrnoException e) {
            throw e.errno() == Errno.ENOENT ? new ErrnoException(Errno.ESTALE, "find", node) : e;
        }
    }

    /**
     * With a descriptor that is neither for reading nor for writing, of that very file and no other. One that has lost its
     * last name is reached through an open handle.
     */
    <T> T pinned(Node node, AnyUse<T> use) throws ErrnoException {
        if (node.isFolder()) {
            Descriptor folder = folders.hold(node);
            try {
                return use.with(folder);
            } finally {
                folder.letGo();
            }
        }
        try {
            return find(node, (folder, name, stat) -> {
                try (Descriptor pin = files.pin(folder, name)) {
                    requireSame(node, pin);
                    return use.with(pin);
                }
            });
        } catch (ErrnoException e) {
            Handle handle = e.errno() == Errno.ESTALE ? node.anyHandle() : null;
            if (handle == null) {
                throw e;
            }
            try {
                return use.with(handle.descriptor);
            } finally {
                handle.letGo();
            }
        }
    }

    HostStat requireSame(Node node, Descriptor opened) throws ErrnoException {
        HostStat stat = files.stat(opened);
        if (!node.identity.is(stat)) {
            throw new ErrnoException(Errno.ESTALE, "open", node);
        }
        return stat;
    }
}
