// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * How much memory may hold what was read ahead, over all trees that share it. If it is used up, those who have not asked for
 * theirs for longest lose it. Thread-safe.
 */
public final class ReadAheadBudget {
    private final long mostBytes;
    private final int mostStreamBytes;
    private long usedBytes; // guarded by this

    /** Who has some, in the order of asking. */
    private final Set<ReadAhead> holders = new LinkedHashSet<>(); // guarded by this

    /** @param mostStreamBytes for one open file; at most 1 GiB */
    public ReadAheadBudget(long mostBytes, int mostStreamBytes) {
        if (mostBytes < 0 || mostStreamBytes < 0 || mostStreamBytes > 1 << 30) {
            throw new IllegalArgumentException("read-ahead of " + mostBytes + " bytes, a stream " + mostStreamBytes);
        }
        this.mostBytes = mostBytes;
        this.mostStreamBytes = mostStreamBytes;
    }

    /** What is in use. */
    public synchronized long usedBytes() {
        return usedBytes;
    }

    int mostStreamBytes() {
        return (int) Math.min(mostStreamBytes, mostBytes);
    }

    /** Whether the stream may have so much more. */
    boolean take(ReadAhead stream, long bytes) {
        if (tryTake(stream, bytes)) {
            return true;
        }
        List<ReadAhead> oldestFirst;
        synchronized (this) {
            oldestFirst = new ArrayList<>(holders);
        }
        for (ReadAhead other : oldestFirst) {
            if (other != stream && other.giveUp() && tryTake(stream, bytes)) {
                return true;
            }
        }
        return false;
    }

    private synchronized boolean tryTake(ReadAhead stream, long bytes) {
        if (bytes > mostBytes - usedBytes) {
            return false;
        }
        usedBytes += bytes;
        holders.remove(stream);
        holders.add(stream);
        return true;
    }

    synchronized void giveBack(ReadAhead stream, long bytes) {
        usedBytes -= bytes;
        holders.remove(stream);
    }
}
