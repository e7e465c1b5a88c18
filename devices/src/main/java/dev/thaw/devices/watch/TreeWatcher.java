// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import dev.thaw.devices.folder.HostChanges;
import dev.thaw.devices.folder.KnownNodes;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.Watcher;
import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the folders and files of a tree that a guest knows, and tells what others than the guest change there. Thread-safe. What it
 * tells is told by the thread of its {@link FolderWatcher}, or by whoever drains it.
 */
public final class TreeWatcher implements Watcher, WatchListener<Long> {
    private static final Logger LOG = LoggerFactory.getLogger(TreeWatcher.class);

    private final HostChanges changes;
    private final HostEvents events;
    private final OwnChanges<Expected> own = new OwnChanges<>();
    private final NameTurns turns = new NameTurns();
    private final FolderWatcher<Long> watcher;
    private final AtomicBoolean limitTold = new AtomicBoolean();
    /** Set once, before any guest asks for anything. */
    private volatile KnownNodes nodes;

    /** By what an event of an own change is known: a name's, a node's seen through its folder, or a node's seen itself. */
    private record Expected(long node, Name name, boolean throughFolder, WatchEvent.Kind kind) {}

    private TreeWatcher(String name, HostChanges changes, HostEvents events) throws IOException {
        this.changes = changes;
        this.events = events;
        this.watcher = FolderWatcher.start(name, this);
    }

    /**
     * Starts a watcher that watches nothing yet.
     *
     * @param name for its thread
     * @param changes told what others change
     * @throws IOException if the host gives no queue
     */
    public static TreeWatcher start(String name, HostChanges changes) throws IOException {
        return start(name, changes, HostEvents.NONE);
    }

    /**
     * Starts one whose events are told one by one as well.
     *
     * @param events told of each after its consequences have been
     */
    public static TreeWatcher start(String name, HostChanges changes, HostEvents events) throws IOException {
        return new TreeWatcher(name, changes, events);
    }

    /** To be called once, before the tree is asked for anything. */
    public void watchFor(KnownNodes known) {
        nodes = known;
    }

    /** Whether all that has been changed up to this call has been told. */
    public boolean isUpToDate() {
        return watcher.isEmpty();
    }

    /** Returns when it has. */
    public void drain() throws IOException {
        watcher.drain();
    }

    // ---- what the tree asks for ----

    @Override
    public boolean folder(long node, Descriptor folder) {
        return watch(() -> watcher.watchFolder(node, folder.path()));
    }

    @Override
    public boolean file(long node, Descriptor file) {
        return watch(() -> watcher.watchFile(node, file.path()));
    }

    private interface Watching {
        void begin() throws IOException;
    }

    private boolean watch(Watching watching) {
        try {
            watching.begin();
            return true;
        } catch (WatchLimitException e) {
            if (limitTold.compareAndSet(false, true)) {
                LOG.warn(
                        "Not all of a shared folder can be watched, so the guest asks for each look: {}",
                        e.getMessage());
            }
        } catch (IOException e) {
            LOG.debug("A folder or file of a share can't be watched.", e);
        }
        return false;
    }

    @Override
    public void forgotten(long node) {
        watcher.unwatch(node);
    }

    @Override
    public void absenceForgotten(long folder, Name name) {
        changes.entry(folder, name);
    }

    @Override
    public Own ownName(long folder, Name name, NameChange change, long before, long after) {
        WatchEvent.Kind kind = switch (change) {
            case MADE -> WatchEvent.Kind.CREATED;
            case REMOVED -> WatchEvent.Kind.DELETED;
            case MOVED_AWAY -> WatchEvent.Kind.MOVED_FROM;
            case MOVED_HERE -> WatchEvent.Kind.MOVED_TO;
        };
        catchUp();
        OwnChanges.Fate turn = turns.begin(folder, name, nodes.now(folder, name), before, after);
        return own.announce(
                new Expected(folder, name, false, kind), () -> nameChanged(folder, name, false, true), turn);
    }

    /**
     * What the guest knows of a name when it asks for a change has been told of before: so an equal event of the host's that is yet to come is
     * of what happens between here and the call, and can't be taken for the call's in the place of one that the guest relies on.
     */
    private void catchUp() {
        try {
            if (!watcher.isEmpty()) {
                watcher.drain();
            }
        } catch (IOException e) {
            LOG.debug("Changes of a shared folder wait longer than they should.", e);
        }
    }

    @Override
    public void lostSight(long node) {
        nodeChanged(node, WatchEvent.Kind.MODIFIED);
    }

    @Override
    public Own ownData(long file) {
        return both(file, WatchEvent.Kind.MODIFIED);
    }

    @Override
    public Own ownAttributes(long node) {
        return both(node, WatchEvent.Kind.ATTRIBUTES);
    }

    @Override
    public Own ownLinks(long file) {
        return own.announce(
                new Expected(file, null, false, WatchEvent.Kind.ATTRIBUTES),
                () -> nodeChanged(file, WatchEvent.Kind.ATTRIBUTES));
    }

    /** One event through the folder, and one of its own. */
    private Own both(long node, WatchEvent.Kind kind) {
        Own through = own.announce(new Expected(node, null, true, kind), () -> nodeChanged(node, kind));
        Own itself = own.announce(new Expected(node, null, false, kind), () -> nodeChanged(node, kind));
        return new Own() {
            @Override
            public void made() {
                through.made();
                itself.made();
            }

            @Override
            public void close() {
                through.close();
                itself.close();
            }
        };
    }

    // ---- what the host tells ----

    @Override
    public void changed(WatchEvent<Long> event) {
        long node = event.key();
        switch (event.kind()) {
            case CREATED, MOVED_TO, MOVED_FROM, DELETED -> {
                if (!own.take(new Expected(node, event.name(), false, event.kind()))) {
                    nameChanged(event);
                }
            }
            case MODIFIED, ATTRIBUTES -> changed(event, node);
            case UNMOUNTED -> changes.attributes(node);
            case SELF_DELETED, SELF_MOVED -> {
                // The event of its folder says so, too; and what has lost its last name and is open nowhere has nothing
                // to be told of.
            }
        }
    }

    private void changed(WatchEvent<Long> event, long node) {
        boolean throughFolder = event.name() != null;
        // What the guest does not know it has not cached.
        Set<Long> changed = throughFolder ? at(node, event.name()) : Set.of(node);
        boolean others = changed.isEmpty();
        for (long one : changed) {
            boolean guests = own.take(new Expected(one, null, throughFolder, event.kind()));
            if (!guests || changed.size() > 1) {
                nodeChanged(one, event.kind());
            }
            others |= !guests;
        }
        if (throughFolder && others && !turns.isTurning(node, event.name())) {
            events.event(event, changed.isEmpty() ? 0 : changed.iterator().next());
        }
    }

    private void nodeChanged(long node, WatchEvent.Kind kind) {
        if (kind == WatchEvent.Kind.MODIFIED) {
            nodes.changed(node);
            changes.data(node, 0, HostChanges.TO_END);
        } else {
            changes.attributes(node);
        }
    }

    private void nameChanged(WatchEvent<Long> event) {
        boolean deleted = event.kind() == WatchEvent.Kind.DELETED && !event.folder();
        boolean appeared = event.kind() == WatchEvent.Kind.CREATED || event.kind() == WatchEvent.Kind.MOVED_TO;
        long before = nameChanged(event.key(), event.name(), deleted, appeared && !event.folder());
        events.event(event, before);
    }

    /** Gives what the name led to; 0 for nothing. */
    private long nameChanged(long folder, Name name, boolean deleted, boolean appeared) {
        Set<Long> before = at(folder, name);
        if (!turns.muddle(folder, name)) {
            forget(folder, name);
        }
        if (deleted && before.size() == 1) {
            changes.deleted(folder, before.iterator().next(), name);
        } else {
            changes.entry(folder, name);
        }
        before.forEach(changes::attributes);
        if (appeared) {
            otherNamesOf(folder, name).ifPresent(changes::attributes);
        }
        nodeChanged(folder, WatchEvent.Kind.MODIFIED);
        return before.isEmpty() ? 0 : before.iterator().next();
    }

    /** What an event through a name may be of. */
    private Set<Long> at(long folder, Name name) {
        return turns.nodes(folder, name, nodes.at(folder, name));
    }

    private void forget(long folder, Name name) {
        try {
            nodes.moved(folder, name);
        } catch (ErrnoException e) {
            nobodys(e);
        }
    }

    private OptionalLong otherNamesOf(long folder, Name name) {
        try {
            return nodes.appeared(folder, name);
        } catch (ErrnoException e) {
            return e.errno() == Errno.ENOENT ? OptionalLong.empty() : nobodys(e);
        }
    }

    /** The guest has forgotten the folder meanwhile. */
    private static OptionalLong nobodys(ErrnoException e) {
        if (e.errno() != Errno.ESTALE && e.errno() != Errno.ENOTDIR) {
            LOG.warn("A change of a shared folder can't be placed.", e);
        }
        return OptionalLong.empty();
    }

    @Override
    public long beforeLook() {
        return own.mark();
    }

    @Override
    public void queueWasEmpty(long look) {
        own.forget(look);
        events.settled();
    }

    @Override
    public void overflowed() {
        LOG.debug("Changes of a shared folder were lost; the guest forgets all that it has cached of it.");
        nodes.lostTrack((folder, name, node) -> {
            if (name != null) {
                changes.entry(folder, name);
            }
            if (node != 0) {
                changes.data(node, 0, HostChanges.TO_END);
            }
        });
    }

    /** @throws UncheckedIOException if what is being told is not taken within 10 seconds */
    @Override
    public void close() {
        try {
            watcher.close();
        } catch (IOException e) {
            throw new UncheckedIOException("The watcher of a shared folder does not end: " + e.getMessage(), e);
        }
    }
}
