// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import dev.thaw.devices.folder.Watcher;
import java.util.HashMap;
import java.util.Map;

/**
 * Which events are of the guest's own changes. inotify does not say who made a change, but it queues an event within each call
 * that makes one: so the calls are counted before they are made, and an event that is one too many is somebody else's.
 *
 * <p>The kernel merges an event with the last one of the queue if they are equal. For names that can't be: between two equal changes of a
 * name there is another one. For data and attributes a file is watched itself and through its folder, so that
 * events of the two alternate.
 *
 * <p>What was counted and brought no event, as where a file was reached through a folder that nobody watches, is forgotten when the queue is
 * found empty: a call that had returned before has its event in the queue. Thread-safe.
 *
 * @param <K> what events are told apart by
 */
final class OwnChanges<K> {
    private final Map<K, Count> counts = new HashMap<>(); // guarded by this

    private static final class Count {
        /** Calls under way, and how many of their events have come already. */
        private int underWay;

        private int early;
        /** Calls that have returned and whose events have not come yet: in the latest generation, and before. */
        private int made;

        private int madeBefore;
        private long generation;

        boolean isIdle() {
            return underWay == 0 && made == 0 && madeBefore == 0;
        }

        void made(long now) {
            if (now != generation) {
                madeBefore += made;
                made = 0;
                generation = now;
            }
            made++;
        }

        boolean takeMade() {
            if (madeBefore > 0) {
                madeBefore--;
            } else if (made > 0) {
                made--;
            } else {
                return false;
            }
            return true;
        }

        void forget(long until) {
            madeBefore = 0;
            if (generation <= until) {
                made = 0;
            }
        }
    }

    private long generation; // guarded by this

    /**
     * Announces a call.
     *
     * @param stranger run if the call made no change, and an event was taken for its own that must have been somebody else's
     */
    Watcher.Own announce(K key, Runnable stranger) {
        synchronized (this) {
            counts.computeIfAbsent(key, any -> new Count()).underWay++;
        }
        return new Announced(key, stranger);
    }

    /** Whether an event is of an own change; counts it then. */
    synchronized boolean take(K key) {
        Count count = counts.get(key);
        if (count == null) {
            return false;
        }
        if (count.takeMade()) {
            removeIfIdle(key, count);
            return true;
        }
        if (count.early < count.underWay) {
            count.early++;
            return true;
        }
        return false;
    }

    /** Whether events of own changes may still come. */
    synchronized boolean expects(K key) {
        return counts.containsKey(key);
    }

    /** Begins a generation of calls; what this gives is for {@link #forget}. */
    synchronized long mark() {
        return generation++;
    }

    /** All events of calls that had returned at a mark have been taken: those that never came never will. */
    synchronized void forget(long mark) {
        counts.values().removeIf(count -> {
            count.forget(mark);
            return count.isIdle();
        });
    }

    private synchronized boolean end(K key, boolean made) {
        Count count = counts.get(key);
        count.underWay--;
        boolean stranger = false;
        if (count.early > 0 && (made || count.early > count.underWay)) {
            count.early--;
            stranger = !made;
        } else if (made) {
            count.made(generation);
        }
        removeIfIdle(key, count);
        return stranger;
    }

    private void removeIfIdle(K key, Count count) {
        if (count.isIdle()) {
            counts.remove(key);
        }
    }

    private final class Announced implements Watcher.Own {
        private final K key;
        private final Runnable stranger;
        private boolean made;
        private boolean ended;

        Announced(K key, Runnable stranger) {
            this.key = key;
            this.stranger = stranger;
        }

        @Override
        public void made() {
            made = true;
        }

        @Override
        public void close() {
            if (!ended) {
                ended = true;
                if (end(key, made)) {
                    stranger.run();
                }
            }
        }
    }
}
