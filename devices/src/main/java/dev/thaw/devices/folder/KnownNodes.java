// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostStat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** What a guest knows of a tree, and may have cached: asked by whoever watches the host, who tells here what others have changed. Thread-safe. */
public final class KnownNodes {
    private final Share share;

    KnownNodes(Share share) {
        this.share = share;
    }

    /** Takes what is known. */
    public interface Known {
        /** A node, and a name of it in a folder; null for the root, and for nodes that have lost their names. 0 for what is known to be missing. */
        void take(long folder, Name name, long node);
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

    /**
     * The node that a name was last seen to lead to, or 0: the host isn't asked. To be asked for each change of a name or of what it leads to, as a
     * lookup that is under way then looks again.
     */
    public long at(long folder, Name name) {
        share.unplacedChanges.incrementAndGet();
        return now(folder, name);
    }

    /** The same for whoever tells of no change. */
    public long now(long number, Name name) {
        Node folder = share.table.getOrNull(number);
        Node child = folder == null || !folder.isFolder() ? null : share.table.child(folder, name);
        return child == null ? 0 : child.number;
    }

    /** Gives all names that a node is known by. */
    public void names(long number, Known known) {
        Node node = share.table.getOrNull(number);
        if (node != null) {
            giveNames(node, known);
        }
    }

    private static void giveNames(Node node, Known known) {
        for (Node.Link link : node.links) {
            known.take(link.parent().number, link.name(), node.number);
        }
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
        return node == null || !node.tryLookup()
                ? Optional.empty()
                : Optional.of(FileKind.ofMode(node.identity.kind()));
    }

    // ---- what others have changed ----

    /** The data of a file, or the names of a folder: no copy of them is good any more. */
    public void changed(long number) {
        share.counters.hostChanges.increment();
        Node node = share.table.getOrNull(number);
        if (node != null) {
            changed(node);
        }
    }

    private static void changed(Node node) {
        node.stamp = null;
        node.changed();
        node.namesChanged();
    }

    /** A name leads elsewhere, or nowhere: what it led to is not reached by it any more. */
    public void moved(long parent, Name name) throws ErrnoException {
        Node folder = share.table.folder(parent);
        Node child = share.table.child(folder, name);
        if (child != null) {
            share.table.unlink(folder, name);
            share.folders.drop(child);
        }
    }

    /**
     * Something has been put under a name. If it is a file that is known by another name, others may change it by this one, too.
     *
     * @return that file's node
     */
    public OptionalLong appeared(long parent, Name name) throws ErrnoException {
        Descriptor folder = share.folders.hold(share.table.folder(parent));
        try {
            HostStat stat = share.files.stat(folder, name.raw());
            Node node = stat.links() > 1 ? share.table.find(stat) : null;
            if (node == null || node.isFolder() || node.links.isEmpty()) {
                return OptionalLong.empty();
            }
            node.severalNames = true;
            return OptionalLong.of(node.number);
        } finally {
            folder.letGo();
        }
    }

    /** Anything may have changed. Gives all nodes, once under each name. */
    public void lostTrack(Known known) {
        share.counters.overflows.increment();
        share.table.forEach(node -> {
            changed(node);
            give(node, known);
        });
    }

    private static void give(Node node, Known known) {
        if (node.links.isEmpty()) {
            known.take(0, null, node.number);
        }
        Set<Name> absent = node.absent;
        if (absent != null) {
            absent.forEach(name -> known.take(node.number, name, 0));
        }
        giveNames(node, known);
    }
}
