// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one share's guest is to be told: notifications in their order, and replays, one at a time and each when no notification waits. So a
 * replay comes after the notifications of its change, and none of these is held up by more than one replay. Nobody who has
 * something to tell waits: sending may have to, while the port is held or the guest is behind, and is done by the executor. Thread-safe.
 */
final class Notifications {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    /** Fewer than the relay takes without having dealt with them. */
    private static final int MAX_UNCONFIRMED = 512;

    private final Confirmations confirmations;
    private final Executor executor;
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> idle = new ArrayList<>();
    private volatile ReplaySource replays = ReplaySource.NONE;
    /** Of notifications. */
    private int unconfirmed;

    private boolean replaysMayWait;
    private boolean replaying;
    private boolean sending;

    Notifications(Confirmations confirmations, Executor executor) {
        this.confirmations = confirmations;
        this.executor = executor;
    }

    /** Takes a notification, whole, ready to be read; it is sent soon. */
    synchronized void add(ByteBuffer notification) {
        waiting.add(notification);
        startSending();
    }

    /** Sends the replays of this one as well, from now on; {@link #replaysWait} tells when there are some. */
    void replay(ReplaySource source) {
        replays = source;
    }

    /** There may be a replay to be sent. */
    synchronized void replaysWait() {
        replaysMayWait = true;
        startSending();
    }

    private void startSending() {
        boolean notifies = !waiting.isEmpty() && unconfirmed < MAX_UNCONFIRMED;
        if (sending || (!notifies && !mayReplay())) {
            return;
        }
        sending = true;
        try {
            executor.execute(this::send);
        } catch (RejectedExecutionException e) {
            LOG.debug("{} notifications find nobody to send them.", waiting.size(), e);
            waiting.clear();
            sending = false;
        }
    }

    private boolean mayReplay() {
        return replaysMayWait && !replaying && waiting.isEmpty();
    }

    /** What goes out next. */
    private record Outgoing(ShareFrame type, ByteBuffer rest) {}

    @SuppressWarnings("FutureReturnValueIgnored") // it only counts, whatever became of what was sent
    private void send() {
        try {
            for (Outgoing one = next(); one != null; one = next()) {
                ShareFrame type = one.type();
                confirmations.send(type, one.rest()).whenComplete((errno, failure) -> {
                    if (type == ShareFrame.REPLAY) {
                        replayed(failure == null ? errno : ReplaySource.NOBODY);
                    } else {
                        confirmed();
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
        if (!waiting.isEmpty() && unconfirmed < MAX_UNCONFIRMED) {
            unconfirmed++;
            return new Outgoing(ShareFrame.NOTIFY, waiting.remove());
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
            startSending();
        }
    }

    private synchronized void confirmed() {
        unconfirmed--;
        startSending();
        if (isIdle()) {
            idle.forEach(one -> one.complete(null));
            idle.clear();
        }
    }

    /** Completes when all that was to be told up to now has been confirmed, or nobody is left to tell. */
    synchronized CompletableFuture<Void> whenIdle() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (isIdle()) {
            done.complete(null);
        } else {
            idle.add(done);
        }
        return done;
    }

    /** Whether all that was to be told has been confirmed. */
    synchronized boolean isIdle() {
        return waiting.isEmpty() && unconfirmed == 0;
    }

    private synchronized void stop() {
        waiting.clear();
        sending = false;
        idle.forEach(one -> one.complete(null));
        idle.clear();
    }
}
