// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was read of an open file beyond what was asked for. Only for reads that the host would have to wait for: when they come in
 * sequence, each fetches more than the one before, up to the budget's cap. Whoever comes while a window is being
 * fetched waits for it instead of fetching it again. What has been read is thrown away if the file has changed since. Thread-safe.
 */
final class ReadAhead {
    private static final int FIRST_WINDOW = 256 << 10;

    /** A guest's kernel sends the reads of one sequence in parallel, so they come in any order. */
    private static final long SLACK = 1 << 20;

    private final ReadAheadBudget budget;
    private final Counters counters;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean closed;

    /** Where the last read ended. Written without the lock: it is a guess. */
    private volatile long expected;

    // guarded by the lock
    private int window;
    private byte[] buffer = {};
    private long start;
    private int length;
    private Stamp stamp;
    private int changes;

    ReadAhead(ReadAheadBudget budget, Counters counters) {
        this.budget = budget;
        this.counters = counters;
    }

    /** Tells of a read that was served from elsewhere. */
    void passed(long end) {
        expected = end;
    }

    /** Reads if all of it is here or can be had from memory; -1 if not. */
    int readNow(HostFiles files, Handle handle, long offset, ByteBuffer target) throws ErrnoException {
        if (length > 0 && lock.tryLock()) {
            try {
                int served = serveLocked(files, handle, offset, target, true);
                if (served > 0) {
                    return served;
                }
            } finally {
                unlock();
            }
        }
        int count = files.readNow(handle.descriptor, offset, target);
        if (count >= 0) {
            passed(offset + count);
        }
        return count;
    }

    int read(HostFiles files, Handle handle, long offset, ByteBuffer target) throws ErrnoException {
        int now = readNow(files, handle, offset, target);
        if (now >= 0) {
            return now;
        }
        counters.readAheadMisses.increment();
        boolean sequential = Math.abs(offset - expected) <= SLACK;
        expected = offset + target.remaining();
        if (!sequential || budget.mostStreamBytes() == 0) {
            return files.read(handle.descriptor, offset, target);
        }
        lock.lock();
        try {
            int served = serveLocked(files, handle, offset, target, false);
            if (target.hasRemaining() && !fetchLocked(files, handle, offset + served, target.remaining())) {
                return served + files.read(handle.descriptor, offset + served, target);
            }
            return served + serveLocked(files, handle, offset + served, target, false);
        } finally {
            unlock();
        }
    }

    /** @param wholly nothing if not all of it is here */
    private int serveLocked(HostFiles files, Handle handle, long offset, ByteBuffer target, boolean wholly)
            throws ErrnoException {
        long at = offset - start;
        if (length == 0 || at < 0 || at >= length || (wholly && at + target.remaining() > length)) {
            return 0;
        }
        if (changes != handle.node.changes()
                || !Stamp.of(files.stat(handle.descriptor)).equals(stamp)) {
            forgetLocked();
            return 0;
        }
        int count = (int) Math.min(target.remaining(), length - at);
        target.put(buffer, (int) at, count);
        expected = offset + count;
        counters.readAheadHits.increment();
        return count;
    }

    /** Whether there is something at the offset now; if not, it has to be read without this. */
    private boolean fetchLocked(HostFiles files, Handle handle, long offset, int wanted) throws ErrnoException {
        window = Math.min(budget.mostStreamBytes(), Math.max(FIRST_WINDOW, window * 2));
        if (wanted >= window || closed || !hasRoomLocked(window)) {
            return false;
        }
        int before = handle.node.changes();
        Stamp stampBefore = Stamp.of(files.stat(handle.descriptor));
        forgetLocked();
        int got = files.read(handle.descriptor, offset, ByteBuffer.wrap(buffer, 0, window));
        start = offset;
        length = got;
        stamp = stampBefore;
        changes = before;
        counters.readAheadBytes.add(got);
        return got > 0;
    }

    private boolean hasRoomLocked(int bytes) {
        if (buffer.length >= bytes) {
            return true;
        }
        if (!budget.take(this, bytes - buffer.length)) {
            return false;
        }
        forgetLocked();
        buffer = new byte[bytes];
        return true;
    }

    private void forgetLocked() {
        counters.readAheadBytes.add(-length);
        length = 0;
    }

    private void giveBackLocked() {
        forgetLocked();
        if (buffer.length > 0) {
            budget.giveBack(this, buffer.length);
            buffer = new byte[0];
        }
        window = 0;
    }

    /** Somebody else needs the memory; says no if this is being used. */
    boolean giveUp() {
        if (!lock.tryLock()) {
            return false;
        }
        try {
            giveBackLocked();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whoever is still reading gives the memory back when done. */
    void close() {
        closed = true;
        giveUp();
    }

    private void unlock() {
        lock.unlock();
        if (closed) {
            giveUp();
        }
    }
}
