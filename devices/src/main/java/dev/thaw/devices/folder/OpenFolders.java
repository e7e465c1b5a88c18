// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Descriptors of folders, a bounded number of them: those used again and again stay. One that is not open, or was not looked
 * after for a second, is opened by its path from the root on, without following any symlink, and must be the folder that it
 * was. So what the host moves out of the share can't be reached for longer than that. Thread-safe; finding an open one
 * takes no lock.
 */
final class OpenFolders implements AutoCloseable {
    /** Deeper than any path that Linux takes in one piece, as slashes count too. */
    private static final int MAX_DEPTH = 8192;

    static final int MAX_TRIES = 4;

    private static final long TRUSTED_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A folder's descriptor. */
    static final class Slot {
        private final Node node;
        private final Descriptor descriptor;
        private volatile long verifiedNanos = System.nanoTime();
        private volatile boolean used = true;

        Slot(Node node, Descriptor descriptor) {
            this.node = node;
            this.descriptor = descriptor;
        }
    }

    private final HostFiles files;
    private final NodeTable table;
    private final Descriptor root;
    private final int most;
    private final Counters counters;

    /** In the order of coming; whoever was used since is sent to the end instead of closed. Guarded by itself. */
    private final Deque<Slot> slots = new ArrayDeque<>();

    private boolean closed; // guarded by slots

    OpenFolders(HostFiles files, NodeTable table, Descriptor root, int most, Counters counters) {
        this.files = files;
        this.table = table;
        this.root = root;
        this.most = most;
        this.counters = counters;
    }

    /**
     * The folder's descriptor, held: the caller lets go.
     *
     * @throws ErrnoException ESTALE if the folder is not where it was
     */
    Descriptor hold(Node folder) throws ErrnoException {
        if (folder == table.root()) {
            if (!root.tryHold()) {
                throw new ErrnoException(Errno.ESTALE, "share", "closed");
            }
            return root;
        }
        Slot slot = folder.slot;
        if (slot != null && System.nanoTime() - slot.verifiedNanos < TRUSTED_NANOS && slot.descriptor.tryHold()) {
            slot.used = true;
            return slot.descriptor;
        }
        return reopen(folder);
    }

    private Descriptor reopen(Node folder) throws ErrnoException {
        for (int attempt = 1; ; attempt++) {
            long moves = table.moves();
            // Asked before as well: a move that ends between the failure and the question would have left no trace yet.
            boolean moving = isMoving(folder);
            try {
                return openOnce(folder, attempt);
            } catch (ErrnoException e) {
                boolean elsewhere = e.errno() == Errno.ENOENT
                        || e.errno() == Errno.ENOTDIR
                        || e.errno() == Errno.ELOOP
                        || e.errno() == Errno.ESTALE;
                if (!elsewhere) {
                    throw e;
                }
                boolean maybeMoved = moving || table.moves() != moves || isMoving(folder);
                if (attempt >= MAX_TRIES || !maybeMoved) {
                    drop(folder);
                    throw new ErrnoException(Errno.ESTALE, "folder", folder);
                }
                counters.staleRetries.increment();
            }
        }
    }

    /** Whether it or a folder above it has two names at the moment. */
    private boolean isMoving(Node folder) {
        Node at = folder;
        for (int depth = 0; at != table.root() && depth < MAX_DEPTH; depth++) {
            List<Node.Link> links = at.links;
            if (links.size() != 1) {
                return !links.isEmpty();
            }
            at = links.get(0).parent();
        }
        return false;
    }

    private Descriptor openOnce(Node folder, int attempt) throws ErrnoException {
        byte[] path = path(folder, attempt);
        Descriptor found;
        Descriptor from = hold(table.root());
        try {
            found = files.openFolder(from, path);
        } finally {
            from.letGo();
        }
        boolean kept = false;
        try {
            if (!folder.identity.is(files.stat(found))) {
                throw new ErrnoException(Errno.ESTALE, "folder", folder);
            }
            kept = true;
            return install(folder, found);
        } finally {
            if (!kept) {
                found.close();
            }
        }
    }

    /** By the names last seen; while a folder is being renamed, each attempt goes by another. */
    private byte[] path(Node folder, int attempt) throws ErrnoException {
        Deque<byte[]> names = new ArrayDeque<>();
        int bytes = 0;
        for (Node at = folder; at != table.root(); ) {
            List<Node.Link> links = at.links;
            if (links.isEmpty() || names.size() == MAX_DEPTH) {
                throw new ErrnoException(Errno.ESTALE, "folder", at);
            }
            Node.Link link = links.get((links.size() * attempt - attempt) % links.size());
            names.addFirst(link.name().raw());
            bytes += link.name().length() + 1;
            at = link.parent();
        }
        ByteArrayOutputStream path = new ByteArrayOutputStream(bytes);
        for (byte[] name : names) {
            if (path.size() > 0) {
                path.write('/');
            }
            path.writeBytes(name);
        }
        return path.toByteArray();
    }

    /** Keeps a descriptor that has just been found right, or the one that is there already, and holds it. */
    private Descriptor install(Node folder, Descriptor found) throws ErrnoException {
        Slot slot = folder.slot;
        if (slot != null && slot.descriptor.tryHold()) {
            slot.verifiedNanos = System.nanoTime();
            slot.used = true;
            found.close();
            return slot.descriptor;
        }
        if (!found.tryHold()) {
            throw new IllegalStateException("nobody else can have closed it");
        }
        Slot fresh = new Slot(folder, found);
        synchronized (slots) {
            if (closed) {
                found.close(); // when the caller lets go
                return found;
            }
            Slot before = folder.slot;
            if (before != null) {
                slots.remove(before);
                before.descriptor.close();
            }
            makeRoomLocked();
            slots.addLast(fresh);
            folder.slot = fresh;
        }
        return found;
    }

    private void makeRoomLocked() {
        int looks = 0;
        while (slots.size() >= most) {
            Slot oldest = slots.removeFirst();
            if (oldest.used && looks++ < most) {
                oldest.used = false;
                slots.addLast(oldest);
            } else {
                closeSlot(oldest);
            }
        }
    }

    private static void closeSlot(Slot slot) {
        if (slot.node.slot == slot) {
            slot.node.slot = null;
        }
        slot.descriptor.close();
    }

    /** Has no descriptor of a folder any more. */
    void drop(Node folder) {
        if (folder.slot == null) {
            return;
        }
        synchronized (slots) {
            Slot slot = folder.slot;
            if (slot != null && slots.remove(slot)) {
                closeSlot(slot);
            }
        }
    }

    @Override
    public void close() {
        synchronized (slots) {
            closed = true;
            slots.forEach(OpenFolders::closeSlot);
            slots.clear();
        }
        root.close();
    }
}
