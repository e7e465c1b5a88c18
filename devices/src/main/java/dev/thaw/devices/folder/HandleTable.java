// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The open handles. Numbers begin at 1 and are never used again. Thread-safe. */
final class HandleTable {
    /** How long a release waits for what is under way; a host's file system that hangs doesn't hang the guest with it. */
    private static final Duration LONGEST_RELEASE = Duration.ofSeconds(10);

    private final ConcurrentHashMap<Long, Handle> byNumber = new ConcurrentHashMap<>();
    private final AtomicLong next = new AtomicLong(1);
    private final AtomicInteger open = new AtomicInteger();
    private final int most;
    private final ReadAheadBudget budget;
    private final Counters counters;
    private volatile boolean closed;

    HandleTable(int most, ReadAheadBudget budget, Counters counters) {
        this.most = most;
        this.budget = budget;
        this.counters = counters;
    }

    int size() {
        return open.get();
    }

    /** Before anything is opened or made on the host. {@link #add} or {@link #giveBackRoom} follows. */
    void takeRoom() throws ErrnoException {
        if (closed) {
            throw new ErrnoException(Errno.ESTALE, "share", "closed");
        }
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            throw new ErrnoException(Errno.ENFILE, "open", "more than " + most + " handles");
        }
    }

    void giveBackRoom() {
        open.decrementAndGet();
    }

    /** Owns the descriptor from now on. */
    Handle add(Node node, Descriptor descriptor, OpenMode mode) throws ErrnoException {
        ReadAhead readAhead = node.isFolder() ? null : new ReadAhead(budget, counters);
        Handle handle = new Handle(next.getAndIncrement(), node, descriptor, mode, readAhead);
        node.opened(handle);
        byNumber.put(handle.number, handle);
        if (closed) {
            end(handle.number);
            throw new ErrnoException(Errno.ESTALE, "share", "closed");
        }
        return handle;
    }

    /** Held: the caller lets go. */
    Handle hold(long number) throws ErrnoException {
        Handle handle = holdOrNull(number);
        if (handle == null) {
            throw new ErrnoException(Errno.EBADF, "handle", number);
        }
        return handle;
    }

    Handle holdOrNull(long number) {
        Handle handle = byNumber.get(number);
        return handle != null && handle.tryHold() ? handle : null;
    }

    Handle holdFile(long number) throws ErrnoException {
        return hold(number, false, Errno.EISDIR);
    }

    Handle holdFolder(long number) throws ErrnoException {
        return hold(number, true, Errno.ENOTDIR);
    }

    private Handle hold(long number, boolean folder, Errno otherwise) throws ErrnoException {
        Handle handle = hold(number);
        if (handle.node.isFolder() != folder) {
            handle.letGo();
            throw new ErrnoException(otherwise, "handle", number);
        }
        return handle;
    }

    /** The handle that has been ended, or null if there was none. */
    Handle end(long number) {
        Handle handle = byNumber.remove(number);
        if (handle != null) {
            handle.descriptor.closeAndWait(LONGEST_RELEASE);
            if (handle.readAhead != null) {
                handle.readAhead.close();
            }
            open.decrementAndGet();
        }
        return handle;
    }

    /** No handle is opened from now on; gives those that are. */
    Iterable<Long> close() {
        closed = true;
        return new ArrayList<>(byNumber.keySet());
    }
}
