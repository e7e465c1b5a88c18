// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.replay;

import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.Step;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.watch.HostEvents;
import dev.thaw.devices.watch.WatchEvent;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replays of one share: those that wait, and the one that is under way. The guest does one at a time, so that each request of its
 * replayer belongs to one of them. Thread-safe; nothing happens before {@link #start}.
 */
public final class Replays implements HostEvents {
    private static final Logger LOG = LoggerFactory.getLogger(Replays.class);

    /** The errno, as Linux has it, of a guest in which nobody watches: ENODATA. */
    private static final int UNWATCHED = 61;

    private final ReplayQueue queue = new ReplayQueue();
    private final LongAdder done = new LongAdder();
    private final LongAdder unwatched = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile FolderTree tree;
    private volatile Runnable whenWaiting = () -> {};
    private volatile Replay current;
    /** Of what came before the current one was begun. Confined to whoever begins them. */
    private long begun;

    /**
     * Begins to make replays of events.
     *
     * @param waiting run by any thread when there may be one to {@link #begin}; must not block
     */
    public void start(FolderTree of, Runnable waiting) {
        whenWaiting = waiting;
        tree = of;
    }

    // ---- from the watcher ----

    @Override
    public void event(WatchEvent<Long> event, long before) {
        FolderTree of = tree;
        Optional<List<Step>> way = of == null ? Optional.empty() : of.known().wayTo(event.key());
        if (way.isEmpty()) {
            return; // a folder that the guest has forgotten: nobody watches it there
        }
        Spot spot = new Spot(event.key(), event.name(), way.get());
        FileKind kind = event.folder() ? FileKind.FOLDER : FileKind.FILE;
        switch (event.kind()) {
            case CREATED -> queue.add(Replay.of(Replay.Kind.CREATE, spot, kind));
            case DELETED -> queue.add(Replay.deletion(spot, kind, before));
            case MODIFIED -> queue.merge(Replay.of(Replay.Kind.MODIFY, spot, kind));
            case ATTRIBUTES -> queue.merge(Replay.of(Replay.Kind.ATTRIBUTES, spot, kind));
            case MOVED_FROM -> queue.movedFrom(Replay.deletion(spot, kind, 0), event.cookie());
            case MOVED_TO -> {
                queue.movedTo(spot, kind, before, event.cookie());
                if (event.folder()) {
                    findAgain(of, spot);
                }
            }
            default -> {
                // What is watched itself is told of through its folder.
            }
        }
        tellIfWaiting();
    }

    /** A folder that the guest may watch has moved: events in it are to be replayed at its new place, whoever looks there first. */
    private static void findAgain(FolderTree tree, Spot spot) {
        Entry entry = lookUp(tree, spot);
        if (entry != null) {
            tree.forget(entry.node(), 1);
        }
    }

    private static Entry lookUp(FolderTree tree, Spot spot) {
        try {
            return tree.lookup(spot.folder(), spot.name());
        } catch (ErrnoException e) {
            LOG.debug("{} has changed again before its replay.", spot.name(), e);
            return null;
        }
    }

    @Override
    public void settled() {
        if (queue.settle()) {
            tellIfWaiting();
        }
    }

    private void tellIfWaiting() {
        if (current == null && queue.hasNext()) {
            whenWaiting.run();
        }
    }

    // ---- to the guest ----

    /** Begins the next one, if there is one and none is under way. Called by one thread at a time; {@link #ended} follows. */
    public Optional<Replay> begin() {
        FolderTree of = tree;
        if (of == null || current != null) {
            return Optional.empty();
        }
        long before = queue.last();
        Replay next = queue.take();
        if (next == null) {
            return Optional.empty();
        }
        begun = before;
        Replay now = asItIsNow(of, next);
        current = now;
        return Optional.of(now);
    }

    private static Replay asItIsNow(FolderTree tree, Replay replay) {
        Spot spot = now(tree, replay.spot());
        Spot target = replay.target() == null ? null : now(tree, replay.target());
        FileKind file = replay.kind() == Replay.Kind.CREATE ? kindNow(tree, spot, replay.file()) : replay.file();
        return new Replay(replay.kind(), spot, target, file, replay.gone());
    }

    /** By the way that leads there now; if none is known, by the one that did. */
    private static Spot now(FolderTree tree, Spot spot) {
        return tree.known().wayTo(spot.folder()).map(spot::by).orElse(spot);
    }

    private static FileKind kindNow(FolderTree tree, Spot spot, FileKind told) {
        Entry entry = lookUp(tree, spot);
        if (entry == null) {
            return told;
        }
        tree.forget(entry.node(), 1);
        FileKind kind = entry.attributes().kind();
        boolean makeable = kind != FileKind.CHARACTER_DEVICE && kind != FileKind.BLOCK_DEVICE;
        boolean same = (kind == FileKind.FOLDER) == (told == FileKind.FOLDER);
        return makeable && same ? kind : told;
    }

    /**
     * The guest has done the current one, or could not.
     *
     * @param errno 0, or Linux's number; ENODATA if nobody watches
     */
    public void ended(int errno) {
        Replay was = current;
        if (was == null) {
            return;
        }
        current = null;
        queue.ended(was);
        if (errno == 0) {
            done.increment();
        } else if (errno == UNWATCHED) {
            unwatched.add(1L + queue.dropUpTo(begun));
        } else {
            failed.increment();
            LOG.debug("The guest could not replay {}: errno {}.", was, errno);
            if (was.kind() == Replay.Kind.RENAME) {
                queue.addFirst(Replay.of(Replay.Kind.CREATE, was.target(), was.file()));
                queue.addFirst(Replay.deletion(was.spot(), was.file(), 0));
            }
        }
        tellIfWaiting();
    }

    // ---- for the server ----

    /** The one that the guest is doing, or null. */
    public Replay current() {
        return current;
    }

    /** Whether something that happened to names in a folder has not been replayed yet. */
    public boolean isUnsettled(long folder) {
        return queue.isUnsettled(folder);
    }

    /**
     * Counts one more lookup of a node.
     *
     * @return what it is; empty if the guest does not know it any more
     */
    public Optional<FileKind> again(long node) {
        FolderTree of = tree;
        return of == null ? Optional.empty() : of.known().again(node);
    }

    public ReplayCounters counters() {
        return new ReplayCounters(done.sum(), unwatched.sum(), failed.sum(), queue.dropped());
    }
}
