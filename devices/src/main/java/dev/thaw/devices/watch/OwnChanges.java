// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import dev.thaw.devices.folder.Watcher;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * Which events are of the guest's own changes. inotify does not say who made a change, but it queues an event within each call
 * that makes one: so the calls are announced before they are made, and an event that is one too many is somebody else's.
 *
 * <p>The kernel merges an event with the last one of the queue if they are equal. For names that can't be: between two equal changes of a
 * name there is another one. For data and attributes a file is watched itself and through its folder, so that
 * events of the two alternate.
 *
 * <p>What was announced and brought no event, as where a file was reached through a folder that nobody watches, is forgotten when the queue is
 * found empty: a call that had returned before has its event in the queue. Thread-safe.
 *
 * @param <K> what events are told apart by
 */
final class OwnChanges<K> {
    /** Is told what becomes of a call; under the lock of the changes, so it must not ask them for anything. */
    interface Fate {
        /** Its event has come, maybe before the call has returned. */
        default void seen() {}

        /** The call has returned, and its event has come or never will. */
        default void ended() {}
    }

    private static final Fate NOBODYS = new Fate() {};

    private final Map<K, Deque<Call>> calls = new HashMap<>(); // oldest first; guarded by this
    private long generation; // guarded by this

    /** Announces a call of whose end nobody wants to know. */
    Watcher.Own announce(K key, Runnable stranger) {
        return announce(key, stranger, NOBODYS);
    }

    /**
     * Announces a call.
     *
     * @param stranger run if the call made no change, and an event was taken for its own that must have been somebody else's
     */
    synchronized Watcher.Own announce(K key, Runnable stranger, Fate fate) {
        Call call = new Call(key, stranger, fate);
        calls.computeIfAbsent(key, any -> new ArrayDeque<>(2)).add(call);
        return call;
    }

    /** Whether an event is of an own change; it is that change's then. */
    synchronized boolean take(K key) {
        Call call = unseen(key, true);
        if (call == null) {
            call = unseen(key, false);
        }
        if (call == null) {
            return false;
        }
        call.see();
        return true;
    }

    private Call unseen(K key, boolean returned) {
        for (Call call : calls.getOrDefault(key, new ArrayDeque<>(0))) {
            if (!call.seen && call.returned == returned) {
                return call;
            }
        }
        return null;
    }

    /** Begins a generation of calls; what this gives is for {@link #forget}. */
    synchronized long mark() {
        return generation++;
    }

    /** All events of calls that had returned at a mark have been taken: those that never came never will. */
    synchronized void forget(long mark) {
        for (Iterator<Deque<Call>> all = calls.values().iterator(); all.hasNext(); ) {
            Deque<Call> ofKey = all.next();
            ofKey.removeIf(call -> call.returned && call.generation <= mark && call.end());
            if (ofKey.isEmpty()) {
                all.remove();
            }
        }
    }

    private void remove(Call call) {
        Deque<Call> ofKey = calls.get(call.key);
        if (ofKey != null && ofKey.remove(call)) {
            call.end();
            if (ofKey.isEmpty()) {
                calls.remove(call.key);
            }
        }
    }

    /** Whether an event had been taken for a call that made no change, and no other call can have made it. */
    private synchronized boolean returned(Call call, boolean made) {
        call.returned = true;
        call.generation = generation;
        if (made && !call.seen) {
            return false;
        }
        remove(call);
        if (made || !call.seen) {
            return false;
        }
        Call other = unseen(call.key, false);
        if (other != null) {
            other.see();
        }
        return other == null;
    }

    private final class Call implements Watcher.Own {
        private final K key;
        private final Runnable stranger;
        private final Fate fate;
        /** By the thread that makes the call. */
        private boolean made;

        private boolean closed;
        // guarded by the changes
        private boolean seen;
        private boolean returned;
        private long generation;

        Call(K key, Runnable stranger, Fate fate) {
            this.key = key;
            this.stranger = stranger;
            this.fate = fate;
        }

        private void see() {
            seen = true;
            fate.seen();
            if (returned) {
                remove(this);
            }
        }

        private boolean end() {
            fate.ended();
            return true;
        }

        @Override
        public void made() {
            made = true;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                if (returned(this, made)) {
                    stranger.run();
                }
            }
        }
    }
}
