// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostStat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The nodes, by number and by file. Numbers are never used again. Finding takes no lock; names are changed under one, during
 * which nothing is asked of the host.
 */
final class NodeTable {
    /** Beyond this many names of one file the oldest are not remembered: any one is enough to reach it. */
    private static final int MAX_LINKS = 8;

    /** A way down has at most as many steps as a path of 4096 bytes can name. */
    private static final int MAX_DEPTH = 2048;

    private final ConcurrentHashMap<Long, Node> byNumber = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Identity, Node> byIdentity = new ConcurrentHashMap<>();
    private final AtomicLong next = new AtomicLong(FileTree.ROOT);
    private final Object names = new Object();
    private final Node root;
    private final Consumer<Node> forgotten;
    private final Consumer<Node> displaced;

    /** Counts renames and removals, so that whoever was led astray by one knows. */
    private final AtomicLong moves = new AtomicLong();

    /** @param displaced takes what a name was found to lead to no more */
    NodeTable(HostStat root, Consumer<Node> forgotten, Consumer<Node> displaced) {
        this.forgotten = forgotten;
        this.displaced = displaced;
        this.root = create(Identity.of(root));
        byIdentity.put(this.root.identity, this.root);
    }

    Node root() {
        return root;
    }

    int size() {
        return byNumber.size();
    }

    long moves() {
        return moves.get();
    }

    /** Null if there is none. */
    Node getOrNull(long number) {
        return byNumber.get(number);
    }

    /** @throws ErrnoException ESTALE if there is none */
    Node get(long number) throws ErrnoException {
        Node node = byNumber.get(number);
        if (node == null) {
            throw new ErrnoException(Errno.ESTALE, "node", number);
        }
        return node;
    }

    Node folder(long number) throws ErrnoException {
        Node node = get(number);
        if (!node.isFolder()) {
            throw new ErrnoException(Errno.ENOTDIR, "folder", node);
        }
        return node;
    }

    /** Empty if the folder is not known, or nobody knows where it is. */
    Optional<List<Step>> wayTo(long folder) {
        Deque<Step> way = new ArrayDeque<>();
        Node at = byNumber.get(folder);
        while (at != root) {
            List<Node.Link> links = at == null ? List.of() : at.links;
            if (links.isEmpty() || way.size() == MAX_DEPTH) {
                return Optional.empty();
            }
            Node.Link link = links.get(links.size() - 1);
            way.addFirst(new Step(link.parent().number, link.name(), at.number));
            at = link.parent();
        }
        return Optional.of(List.copyOf(way));
    }

    void forEach(Consumer<Node> taker) {
        byNumber.values().forEach(taker);
    }

    /** The node of a file, or null. */
    Node find(HostStat stat) {
        return byIdentity.get(Identity.of(stat));
    }

    /** The node that a name was last seen to lead to, or null. */
    Node child(Node parent, Name name) {
        return parent.children.get(name);
    }

    /**
     * The node of what was found under a name, with one more lookup.
     *
     * @param moves as they were before the name was looked at; if there were some since, the name may lead elsewhere by now
     * @return null if the name has to be looked at again
     */
    Node enter(Node parent, Name name, HostStat stat, long moves) {
        Node node = enter(stat);
        if (parent.children.get(name) != node && !link(parent, name, node, moves)) {
            forget(node.number, 1);
            return null;
        }
        return node;
    }

    /** The node of what has been found, with one more lookup, and no name more. */
    Node enter(HostStat stat) {
        Identity identity = Identity.of(stat);
        while (true) {
            Node node = byIdentity.computeIfAbsent(identity, this::create);
            if (node.tryLookup()) {
                return node;
            }
            byIdentity.remove(identity, node); // forgotten just now
        }
    }

    private Node create(Identity identity) {
        Node node = new Node(next.getAndIncrement(), identity);
        byNumber.put(node.number, node);
        return node;
    }

    void forget(long number, long lookups) {
        Node node = byNumber.get(number);
        if (node == null || node == root || !node.forget(lookups)) {
            return;
        }
        byNumber.remove(number, node);
        byIdentity.remove(node.identity, node);
        synchronized (names) {
            for (Node.Link link : node.links) {
                link.parent().children.remove(link.name(), node);
            }
        }
        forgotten.accept(node);
    }

    // ---- names ----
    // Who reads a node's names takes no lock, so they change in one step and are never none in between.

    private boolean link(Node parent, Name name, Node node, long expectedMoves) {
        Node before;
        synchronized (names) {
            if (moves.get() != expectedMoves) {
                return false;
            }
            before = linkLocked(parent, name, node);
        }
        if (before != null) {
            displaced.accept(before);
        }
        return true;
    }

    /** What the name led to before, if that was something else. */
    private static Node linkLocked(Node parent, Name name, Node node) {
        List<Node.Link> links = without(node.links, parent, name);
        // A folder has one name: this is it, and the host has moved it here if there was another.
        int surplus = node.isFolder() ? links.size() : Math.max(0, links.size() - MAX_LINKS + 1);
        List<Node.Link> old = List.copyOf(links.subList(0, surplus));
        links.subList(0, surplus).clear();
        links.add(new Node.Link(parent, name));
        node.links = List.copyOf(links);
        for (Node.Link link : old) {
            link.parent().children.remove(link.name(), node);
        }
        Node before = parent.children.put(name, node);
        if (before == null || before == node) {
            return null;
        }
        before.links = List.copyOf(without(before.links, parent, name));
        return before;
    }

    /** A name was found to lead nowhere. */
    void unlinkMissing(Node parent, Name name) {
        Node before = parent.children.get(name);
        unlink(parent, name);
        if (before != null) {
            displaced.accept(before);
        }
    }

    /** A name leads nowhere. */
    void unlink(Node parent, Name name) {
        if (parent.children.get(name) == null) {
            return;
        }
        synchronized (names) {
            unlinkLocked(parent, name);
            moves.incrementAndGet();
        }
    }

    private static void unlinkLocked(Node parent, Name name) {
        Node node = parent.children.remove(name);
        if (node != null) {
            node.links = List.copyOf(without(node.links, parent, name));
        }
    }

    /**
     * Before a rename: the node may be found under both names, so that nobody who looks meanwhile is told that it has gone.
     *
     * @param node null if nobody knows it, as in what follows
     */
    void moving(Node node, Node newParent, Name newName) {
        synchronized (names) {
            if (node != null) {
                List<Node.Link> links = without(node.links, newParent, newName);
                links.add(0, new Node.Link(newParent, newName));
                node.links = List.copyOf(links);
            }
            moves.incrementAndGet();
        }
    }

    /** After a rename that failed. */
    void notMoved(Node node, Node newParent, Name newName) {
        synchronized (names) {
            if (node != null && newParent.children.get(newName) != node) {
                node.links = List.copyOf(without(node.links, newParent, newName));
            }
            moves.incrementAndGet();
        }
    }

    /** After a rename. */
    void moved(Node parent, Name name, Node node, Node newParent, Name newName) {
        synchronized (names) {
            leadLocked(newParent, newName, node);
            unlinkLocked(parent, name);
            if (node != null) {
                node.links = List.copyOf(without(node.links, parent, name));
            }
            moves.incrementAndGet();
        }
    }

    /** After two got each other's name. */
    void exchanged(Node parent, Name name, Node node, Node newParent, Name newName, Node other) {
        synchronized (names) {
            leadLocked(newParent, newName, node);
            leadLocked(parent, name, other);
            moves.incrementAndGet();
        }
    }

    private static void leadLocked(Node parent, Name name, Node node) {
        if (node != null) {
            linkLocked(parent, name, node);
        } else {
            unlinkLocked(parent, name);
        }
    }

    private static List<Node.Link> without(List<Node.Link> links, Node parent, Name name) {
        List<Node.Link> left = new ArrayList<>(links.size() + 1);
        for (Node.Link link : links) {
            if (link.parent() != parent || !link.name().equals(name)) {
                left.add(link);
            }
        }
        return left;
    }
}
