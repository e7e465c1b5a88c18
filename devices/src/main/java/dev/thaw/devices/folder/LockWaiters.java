// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who waits for a lock to go: told by an unlock in this tree, or by a timer. One thread, started with the first who waits and
 * ended by {@link #close}, runs what they want run. Thread-safe.
 */
final class LockWaiters implements AutoCloseable {
    /** Locks of the host's programs give no word when they go. */
    private static final long RETRY_MILLIS = 50;

    private static final Logger log = LoggerFactory.getLogger(LockWaiters.class);

    private final ConcurrentHashMap<Node, Set<Waiter>> waiting = new ConcurrentHashMap<>();
    private ScheduledThreadPoolExecutor timer; // guarded by this
    private boolean closed; // guarded by this

    /** Runs once, or is cancelled. */
    private final class Waiter implements Runnable {
        private final Node node;
        private final Runnable action;
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile ScheduledFuture<?> timeout;

        Waiter(Node node, Runnable action) {
            this.node = node;
            this.action = action;
        }

        @Override
        public void run() {
            if (end()) {
                try {
                    action.run();
                } catch (RuntimeException e) {
                    log.error("what was to run after an unlock of {} failed", node, e);
                }
            }
        }

        boolean end() {
            if (!done.compareAndSet(false, true)) {
                return false;
            }
            waiting.computeIfPresent(node, (key, all) -> {
                all.remove(this);
                return all.isEmpty() ? null : all;
            });
            ScheduledFuture<?> scheduled = timeout;
            if (scheduled != null) {
                scheduled.cancel(false);
            }
            return true;
        }
    }

    Runnable await(Node node, Runnable action) {
        Waiter waiter = new Waiter(node, action);
        waiting.compute(node, (key, all) -> {
            Set<Waiter> now = all == null ? ConcurrentHashMap.newKeySet() : all;
            now.add(waiter);
            return now;
        });
        synchronized (this) {
            if (!closed) {
                waiter.timeout = timer().schedule(waiter, RETRY_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
        return waiter::end;
    }

    private ScheduledThreadPoolExecutor timer() {
        if (timer == null) {
            timer = new ScheduledThreadPoolExecutor(1, task -> {
                Thread thread = new Thread(task, "thaw-share-locks");
                thread.setDaemon(true);
                return thread;
            });
            timer.setRemoveOnCancelPolicy(true);
        }
        return timer;
    }

    /** Locks of a file may have gone. */
    void unlocked(Node node) {
        Set<Waiter> all = waiting.isEmpty() ? null : waiting.get(node);
        if (all == null) {
            return;
        }
        synchronized (this) {
            if (!closed) {
                all.forEach(waiter -> timer().execute(waiter));
            }
        }
    }

    @Override
    public void close() {
        ScheduledThreadPoolExecutor ending;
        synchronized (this) {
            closed = true;
            ending = timer;
        }
        waiting.clear();
        if (ending == null) {
            return;
        }
        ending.shutdownNow();
        try {
            if (!ending.awaitTermination(5, TimeUnit.SECONDS)) {
                log.warn("what was to run after an unlock has been running for 5 s while its share is closed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
