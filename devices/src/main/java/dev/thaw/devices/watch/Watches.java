// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Which keys are for which of the kernel's watches. Thread-safe. The kernel's calls are made under its lock: an event
 * that is read before its watch's number is known here waits for that.
 */
final class Watches<K> {
    private final Map<K, Integer> byKey = new HashMap<>();
    /** Mostly one key each. Two, if two keys are for the same file. */
    private final Map<Integer, List<K>> byWatch = new HashMap<>();

    /** Makes a watch. */
    interface Maker {
        int make() throws IOException;
    }

    /**
     * Adds a key's watch.
     *
     * @param ender ends the one that it had before, if nobody needs that any more
     */
    synchronized void add(K key, Maker maker, IntConsumer ender) throws IOException {
        int watch = maker.make();
        Integer old = byKey.put(key, watch);
        if (old != null && old == watch) {
            return;
        }
        byWatch.computeIfAbsent(watch, number -> new ArrayList<>(1)).add(key);
        if (old != null && isLast(key, old)) {
            ender.accept(old);
        }
    }

    /** @param ender ends a watch that nobody needs any more */
    synchronized void remove(K key, IntConsumer ender) {
        Integer watch = byKey.remove(key);
        if (watch != null && isLast(key, watch)) {
            ender.accept(watch);
        }
    }

    private boolean isLast(K key, int watch) {
        List<K> keys = byWatch.getOrDefault(watch, new ArrayList<>());
        boolean last = keys.remove(key) && keys.isEmpty();
        if (last) {
            byWatch.remove(watch);
        }
        return last;
    }

    /** The keys of a watch; none if it is not known any more. */
    synchronized List<K> keys(int watch) {
        return List.copyOf(byWatch.getOrDefault(watch, List.of()));
    }

    /** The kernel has ended a watch. */
    synchronized void ended(int watch) {
        List<K> keys = byWatch.remove(watch);
        if (keys != null) {
            keys.forEach(key -> byKey.remove(key, watch));
        }
    }

    synchronized int size() {
        return byWatch.size();
    }

    synchronized void clear() {
        byKey.clear();
        byWatch.clear();
    }
}
