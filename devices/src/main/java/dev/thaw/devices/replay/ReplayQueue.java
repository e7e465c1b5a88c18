// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.replay;

import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.Name;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Replays that wait, oldest first. Pairs the halves of moves; the first half waits at its place until the second has come or is known not to.
 * Bounded: what does not fit is dropped and counted. Thread-safe.
 */
final class ReplayQueue {
    private static final int MAX_WAITING = 4096;

    /** One that waits. Guarded by the queue. */
    private static final class Waiting {
        private final long number;
        private Replay replay;
        /** Whether it may still become a rename. */
        private boolean open;

        Waiting(long number, Replay replay, boolean open) {
            this.number = number;
            this.replay = replay;
            this.open = open;
        }
    }

    /** What can be told once for several times. */
    private record Mergeable(Replay.Kind kind, long folder, Name name) {}

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final Set<Mergeable> mergeable = new HashSet<>();
    private final Map<Integer, Waiting> halves = new HashMap<>();
    /** How many replays of names in a folder wait or are under way. */
    private final Map<Long, Integer> unsettled = new ConcurrentHashMap<>();

    private long last;
    private long dropped;

    synchronized void add(Replay replay) {
        addLocked(replay, false);
    }

    private Waiting addLocked(Replay replay, boolean open) {
        if (waiting.size() >= MAX_WAITING) {
            dropped++;
            return null;
        }
        Waiting added = new Waiting(++last, replay, open);
        waiting.add(added);
        count(replay, 1);
        leadsElsewhere(replay.spot());
        return added;
    }

    /** What happens to what it leads to from now on comes after this. */
    private void leadsElsewhere(Spot spot) {
        mergeable.remove(new Mergeable(Replay.Kind.MODIFY, spot.folder(), spot.name()));
        mergeable.remove(new Mergeable(Replay.Kind.ATTRIBUTES, spot.folder(), spot.name()));
    }

    /** Adds one, unless the same is waiting already and nothing has become of its name since. */
    synchronized void merge(Replay replay) {
        Mergeable key = keyOf(replay);
        if (mergeable.contains(key)) {
            return;
        }
        if (waiting.size() >= MAX_WAITING) {
            dropped++;
            return;
        }
        waiting.add(new Waiting(++last, replay, false));
        count(replay, 1);
        mergeable.add(key);
    }

    private static Mergeable keyOf(Replay replay) {
        return new Mergeable(
                replay.kind(), replay.spot().folder(), replay.spot().name());
    }

    /** @param deletion what it is if the other half never comes */
    synchronized void movedFrom(Replay deletion, int cookie) {
        Waiting half = addLocked(deletion, true);
        if (half != null) {
            halves.put(cookie, half);
        }
    }

    synchronized void movedTo(Spot target, FileKind file, long replaced, int cookie) {
        Waiting half = halves.remove(cookie);
        if (half == null) {
            addLocked(Replay.of(Replay.Kind.CREATE, target, file), false);
            return;
        }
        count(half.replay, -1);
        half.replay = Replay.rename(half.replay.spot(), target, file, replaced);
        half.open = false;
        count(half.replay, 1);
        leadsElsewhere(target);
    }

    /**
     * No other halves will come.
     *
     * @return whether there were any that waited for one
     */
    synchronized boolean settle() {
        halves.values().forEach(half -> half.open = false);
        boolean any = !halves.isEmpty();
        halves.clear();
        return any;
    }

    synchronized boolean hasNext() {
        return !waiting.isEmpty() && !waiting.element().open;
    }

    /** The number of the latest; numbers rise. */
    synchronized long last() {
        return last;
    }

    /** Null if there is none. {@link #ended} follows. */
    synchronized Replay take() {
        if (!hasNext()) {
            return null;
        }
        Replay replay = waiting.remove().replay;
        mergeable.remove(keyOf(replay));
        return replay;
    }

    /** Puts one before all others, whatever the bound. */
    synchronized void addFirst(Replay replay) {
        waiting.addFirst(new Waiting(0, replay, false));
        count(replay, 1);
    }

    void ended(Replay replay) {
        count(replay, -1);
    }

    /** Drops those up to a number; gives how many. */
    synchronized int dropUpTo(long number) {
        int count = 0;
        while (!waiting.isEmpty() && waiting.element().number <= number && !waiting.element().open) {
            count(take(), -1);
            count++;
        }
        return count;
    }

    private void count(Replay replay, int change) {
        count(replay.spot().folder(), change);
        if (replay.target() != null) {
            count(replay.target().folder(), change);
        }
    }

    private void count(long folder, int change) {
        unsettled.merge(folder, change, (old, more) -> old + more == 0 ? null : Integer.valueOf(old + more));
    }

    boolean isUnsettled(long folder) {
        return !unsettled.isEmpty() && unsettled.containsKey(folder);
    }

    synchronized long dropped() {
        return dropped;
    }
}
