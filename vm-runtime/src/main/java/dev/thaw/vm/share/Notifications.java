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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one share's guest is to be told: notifications in their order, and replays, one at a time and each when no notification waits. So a
 * replay comes after the notifications of its change, and none of these is held up by more than one replay. Nobody who has
 * something to tell waits: sending may have to, while the port is held or the guest is behind, and is done by the executor. Thread-safe.
 *
 * <p>What waits to be sent is not added once more: the guest asks anew after it, and sees both changes. So a host that changes the
 * same files faster than the guest can be told makes the queue no longer than there are names.
 */
final class Notifications {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    /** Fewer than the relay takes without having dealt with them. */
    private static final int MAX_UNCONFIRMED = 512;

    /** Takes what a guest says to a notification. */
    interface Answers {
        /** Gives what it is to be told next, behind all else. */
        List<ByteBuffer> answered(ByteBuffer notification, int errno);
    }

    private final Confirmations confirmations;
    private final Executor executor;
    private final Answers answers;
    private volatile ReplaySource replays = ReplaySource.NONE;
    // guarded by this
    private final Set<Waiting> waiting = new LinkedHashSet<>();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    /** How many notifications have been to be told, and are known to the guest. It confirms them in their order. */
    private long added;

    private long confirmed;
    private boolean replaysMayWait;
    private boolean replaying;
    private boolean sending;
    /** Nobody is left to tell. */
    private boolean over;

    /** @param again told again: its place is behind what it was told with, wherever the same waits */
    private record Waiting(ByteBuffer notification, boolean again) {}

    /** Somebody who waits for the first so many. */
    private record Waiter(long until, CompletableFuture<Void> done) {}

    /** What goes out next. */
    private record Outgoing(ShareFrame type, ByteBuffer rest) {}

    Notifications(Confirmations confirmations, Executor executor, Answers answers) {
        this.confirmations = confirmations;
        this.executor = executor;
        this.answers = answers;
    }

    /** Takes a notification, whole, ready to be read, and not changed any more; it is sent soon. */
    void add(ByteBuffer notification) {
        synchronized (this) {
            addLocked(new Waiting(notification, false));
        }
        startSending();
    }

    private void addLocked(Waiting one) {
        if (!over && waiting.add(one)) {
            added++;
        }
    }

    /** Sends the replays of this one as well, from now on; {@link #replaysWait} tells when there are some. */
    void replay(ReplaySource source) {
        replays = source;
    }

    /** There may be a replay to be sent. */
    void replaysWait() {
        synchronized (this) {
            replaysMayWait = true;
        }
        startSending();
    }

    // ---- sending ----

    private void startSending() {
        synchronized (this) {
            if (sending || !(mayNotify() || mayReplay())) {
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

    private boolean mayNotify() {
        return !waiting.isEmpty() && added - confirmed - waiting.size() < MAX_UNCONFIRMED;
    }

    private boolean mayReplay() {
        return replaysMayWait && !replaying && waiting.isEmpty() && !over;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what becomes of it is dealt with
    private void send() {
        try {
            for (Outgoing one = next(); one != null; one = next()) {
                Outgoing sent = one;
                confirmations.send(sent.type(), sent.rest().duplicate()).whenComplete((errno, failure) -> {
                    if (sent.type() == ShareFrame.REPLAY) {
                        replayed(failure == null ? errno : ReplaySource.NOBODY);
                    } else {
                        confirmed(failure == null ? answers.answered(sent.rest(), errno) : List.of());
                    }
                });
            }
        } catch (IOException e) {
            // The guest has gone, and what it has cached with it.
            LOG.debug("A notification finds nobody.", e);
            stop();
        }
    }

    /** A replay is begun under the lock: the notifications of its change have been added before, so they have been sent. */
    private synchronized Outgoing next() {
        if (mayNotify()) {
            Iterator<Waiting> first = waiting.iterator();
            Waiting one = first.next();
            first.remove();
            return new Outgoing(ShareFrame.NOTIFY, one.notification());
        }
        if (mayReplay()) {
            replaysMayWait = false;
            Optional<ByteBuffer> replay = replays.begin();
            if (replay.isPresent()) {
                replaying = true;
                return new Outgoing(ShareFrame.REPLAY, replay.get());
            }
        }
        sending = false;
        return null;
    }

    /** There may be another one. */
    private void replayed(int errno) {
        replays.ended(errno);
        synchronized (this) {
            replaying = false;
        }
        startSending();
    }

    private void confirmed(List<ByteBuffer> next) {
        List<Waiter> due = new ArrayList<>();
        synchronized (this) {
            confirmed++;
            next.forEach(one -> addLocked(new Waiting(one, true)));
            while (!waiters.isEmpty() && waiters.peek().until() <= confirmed) {
                due.add(waiters.remove());
            }
            if (!next.isEmpty() && !over) {
                due.addAll(waiters);
                waiters.clear();
                due.forEach(one -> waiters.add(new Waiter(added, one.done()))); // who waits, waits for this, too
                due.clear();
            }
        }
        startSending();
        due.forEach(one -> one.done().complete(null));
    }

    // ---- who waits ----

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
