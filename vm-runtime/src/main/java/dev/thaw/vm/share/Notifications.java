// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.ObjIntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one share's guest is to be told, in order. Nobody who has something to tell waits: sending may have to, while the port
 * is held or the guest is behind, and is done by the executor. Thread-safe.
 */
final class Notifications {
    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    /** Fewer than the relay takes without having dealt with them. */
    private static final int MAX_UNCONFIRMED = 512;

    private final Confirmations confirmations;
    private final Executor executor;
    private final ObjIntConsumer<ByteBuffer> answers;
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> idle = new ArrayList<>();
    private int unconfirmed;
    private boolean sending;

    /** @param answers takes what became of each, before that counts as confirmed */
    Notifications(Confirmations confirmations, Executor executor, ObjIntConsumer<ByteBuffer> answers) {
        this.confirmations = confirmations;
        this.executor = executor;
        this.answers = answers;
    }

    /** Takes a notification, whole, ready to be read; it is sent soon. */
    synchronized void add(ByteBuffer notification) {
        waiting.add(notification);
        startSending();
    }

    private void startSending() {
        if (sending || waiting.isEmpty() || unconfirmed >= MAX_UNCONFIRMED) {
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

    @SuppressWarnings("FutureReturnValueIgnored") // it only counts, whatever became of the notification
    private void send() {
        try {
            for (ByteBuffer one = next(); one != null; one = next()) {
                ByteBuffer sent = one;
                confirmations.send(ShareFrame.NOTIFY, sent.duplicate()).whenComplete((errno, failure) -> {
                    if (failure == null) {
                        answers.accept(sent, errno);
                    }
                    confirmed();
                });
            }
        } catch (IOException e) {
            // The guest has gone, and what it has cached with it.
            LOG.debug("A notification finds nobody.", e);
            stop();
        }
    }

    private synchronized ByteBuffer next() {
        if (waiting.isEmpty() || unconfirmed >= MAX_UNCONFIRMED) {
            sending = false;
            return null;
        }
        unconfirmed++;
        return waiting.remove();
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
