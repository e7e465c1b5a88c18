// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one share's guest is to be told, in order. Nobody who has something to tell waits: sending may have to, while the port
 * is held or the guest is behind, and is done by the executor. Thread-safe.
 *
 * <p>What waits to be sent is not added once more: the guest asks anew after it, and sees both changes. So a host that changes the
 * same files faster than the guest can be told makes the queue no longer than there are names.
 */
final class Notifications {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    /** Fewer than the relay takes without having dealt with them. */
    private static final int MAX_UNCONFIRMED = 512;

    private final Confirmations confirmations;
    private final Executor executor;
    private final Set<ByteBuffer> waiting = new LinkedHashSet<>();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    /** How many have been to be told, and are known to the guest. It confirms them in their order. */
    private long added;

    private long confirmed;
    private boolean sending;
    /** Nobody is left to tell. */
    private boolean over;

    /** Somebody who waits for the first so many. */
    private record Waiter(long until, CompletableFuture<Void> done) {}

    Notifications(Confirmations confirmations, Executor executor) {
        this.confirmations = confirmations;
        this.executor = executor;
    }

    /** Takes a notification, whole, ready to be read, and not changed any more; it is sent soon. */
    void add(ByteBuffer notification) {
        synchronized (this) {
            if (over || !waiting.add(notification)) {
                return;
            }
            added++;
        }
        startSending();
    }

    private void startSending() {
        synchronized (this) {
            if (sending || !mayBeSent()) {
                return;
            }
            sending = true;
        }
        try {
            executor.execute(this::send);
        } catch (RejectedExecutionException e) {
            LOG.debug("Notifications find nobody to send them.", e);
            stop();
        }
    }

    private boolean mayBeSent() {
        return !waiting.isEmpty() && added - confirmed - waiting.size() < MAX_UNCONFIRMED;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it only counts, whatever became of the notification
    private void send() {
        try {
            for (ByteBuffer one = next(); one != null; one = next()) {
                confirmations.send(ShareFrame.NOTIFY, one).whenComplete((errno, failure) -> confirmed());
            }
        } catch (IOException e) {
            // The guest has gone, and what it has cached with it.
            LOG.debug("A notification finds nobody.", e);
            stop();
        }
    }

    private synchronized ByteBuffer next() {
        if (!mayBeSent()) {
            sending = false;
            return null;
        }
        Iterator<ByteBuffer> first = waiting.iterator();
        ByteBuffer one = first.next();
        first.remove();
        return one;
    }

    private void confirmed() {
        List<Waiter> due = new ArrayList<>();
        synchronized (this) {
            confirmed++;
            while (!waiters.isEmpty() && waiters.peek().until() <= confirmed) {
                due.add(waiters.remove());
            }
        }
        startSending();
        due.forEach(one -> one.done().complete(null));
    }

    /** Completes when all that was to be told up to now has been confirmed, whatever comes then, or nobody is left to tell. */
    synchronized CompletableFuture<Void> whenTold() {
        if (isIdle()) {
            return CompletableFuture.completedFuture(null);
        }
        Waiter waiter = new Waiter(added, new CompletableFuture<>());
        waiters.add(waiter);
        return waiter.done();
    }

    /** Whether all that was to be told has been confirmed, or nobody is left to tell. */
    synchronized boolean isIdle() {
        return over || confirmed == added;
    }

    private void stop() {
        List<Waiter> left;
        synchronized (this) {
            over = true;
            waiting.clear();
            left = List.copyOf(waiters);
            waiters.clear();
        }
        left.forEach(one -> one.done().complete(null));
    }
}
