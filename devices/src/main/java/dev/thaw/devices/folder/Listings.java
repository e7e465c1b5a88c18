// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Reads folders, once for all who ask at the same time. Who comes while a read is under way may have changed the folder since it
 * began, so he and all who come until it ends share the next one. Thread-safe.
 */
final class Listings {
    private static final long LONGEST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** One read of a folder. Guarded by the lock of all. */
    private static final class Flight {
        Listing listing;
        ErrnoException failure;
        boolean done;
    }

    /** Those of one folder. */
    private static final class Flights {
        Flight running;
        Flight next;
    }

    private final HostFiles files;
    private final Counters counters;
    private final Map<Node, Flights> flights = new HashMap<>(); // guarded by this

    Listings(HostFiles files, Counters counters) {
        this.files = files;
        this.counters = counters;
    }

    /** @param handle held by the caller */
    Listing read(Handle handle) throws ErrnoException {
        Flight flight;
        boolean mine;
        synchronized (this) {
            Flights here = flights.computeIfAbsent(handle.node, node -> new Flights());
            mine = here.next == null;
            if (mine) {
                here.next = new Flight();
            }
            flight = here.next;
            if (mine) {
                beginLocked(handle, here, flight);
            } else {
                awaitLocked(handle, () -> flight.done);
            }
        }
        if (mine) {
            fly(handle, flight);
        }
        if (flight.failure != null) {
            throw flight.failure;
        }
        return flight.listing;
    }

    private void beginLocked(Handle handle, Flights here, Flight flight) throws ErrnoException {
        try {
            awaitLocked(handle, () -> here.running == null);
        } catch (ErrnoException e) {
            flight.failure = e;
            flight.done = true;
            notifyAll();
            throw e;
        } finally {
            here.next = null;
        }
        here.running = flight;
    }

    private interface Condition {
        boolean holds();
    }

    private void awaitLocked(Handle handle, Condition condition) throws ErrnoException {
        long end = System.nanoTime() + LONGEST_WAIT_NANOS;
        try {
            while (!condition.holds()) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    throw new ErrnoException(
                            Errno.EIO, "list", handle.node + ", which another read hangs on for a minute");
                }
                wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "list", handle.node);
        }
    }

    private void fly(Handle handle, Flight flight) {
        Listing listing = new Listing();
        ErrnoException failure = new ErrnoException(Errno.EIO, "list", handle.node);
        try {
            counters.refreshes.increment();
            files.list(handle.descriptor, listing);
            failure = null;
        } catch (ErrnoException e) {
            failure = e;
        } finally {
            synchronized (this) {
                flight.listing = listing;
                flight.failure = failure;
                flight.done = true;
                Flights here = flights.get(handle.node);
                here.running = null;
                if (here.next == null) {
                    flights.remove(handle.node);
                }
                notifyAll();
            }
        }
    }
}
