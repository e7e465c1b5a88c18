// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends what several threads do together: their waits, and the answers that they wait for or read. Thread-safe. */
public final class Cancellation {
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final Set<Abortable> open = ConcurrentHashMap.newKeySet();

    /** Not cancelled. */
    public Cancellation() {}

    /** Something that another thread can end. */
    @FunctionalInterface
    public interface Abortable {
        /** Returns at once; whoever waits for it gets an exception. */
        void abort();
    }

    /** From here on everything under it fails at once. */
    public void cancel() {
        cancelled.countDown();
        open.forEach(Abortable::abort);
    }

    /** Something that is to end with this; {@link #remove} it when it is over. */
    public void add(Abortable abortable) throws InterruptedException {
        open.add(abortable);
        if (isCancelled()) {
            open.remove(abortable);
            throwIfCancelled();
        }
    }

    public void remove(Abortable abortable) {
        open.remove(abortable);
    }

    public boolean isCancelled() {
        return cancelled.getCount() == 0;
    }

    public void throwIfCancelled() throws InterruptedException {
        if (isCancelled()) {
            throw new InterruptedException("cancelled");
        }
    }

    /** Waits so long, or until this is cancelled, which is an InterruptedException. */
    void pause(long nanos) throws InterruptedException {
        if (cancelled.await(nanos, TimeUnit.NANOSECONDS)) {
            throwIfCancelled();
        }
    }
}
