// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.time.Duration;

/** Counts requests that are under way, and says when there are too many. Thread-safe. */
final class InFlight {
    private final int max;
    private int count;
    private boolean stopped;
    private Runnable whenWantsMore = () -> {};

    InFlight(int max) {
        this.max = max;
    }

    /** One more; what is returned is run when it has ended. */
    synchronized Runnable begin() {
        count++;
        return this::end;
    }

    /** Goes on at half of the limit, so that the transport does not stop and go with each request. */
    private void end() {
        Runnable action = null;
        synchronized (this) {
            count--;
            notifyAll();
            if (stopped && count <= max / 2) {
                stopped = false;
                action = whenWantsMore;
            }
        }
        if (action != null) {
            action.run();
        }
    }

    synchronized boolean wantsMore() {
        stopped = stopped || count >= max;
        return !stopped;
    }

    synchronized void whenWantsMore(Runnable action) {
        whenWantsMore = action;
    }

    synchronized int count() {
        return count;
    }

    /** Gives how many are left, when there are none or the time is over. */
    synchronized int awaitNone(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        long left = timeout.toMillis();
        while (count > 0 && left > 0) {
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return count;
            }
            left = (deadline - System.nanoTime()) / 1_000_000;
        }
        return count;
    }
}
