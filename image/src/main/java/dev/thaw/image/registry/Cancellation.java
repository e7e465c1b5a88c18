// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends what several threads do together: their waits and the answers that they read. Thread-safe. */
final class Cancellation {
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final Set<Exchange> open = ConcurrentHashMap.newKeySet();

    /** From here on everything under it fails as fast as it can. */
    void cancel() {
        cancelled.countDown();
        open.forEach(Exchange::abort);
    }

    /** An exchange that is to end with this; {@link #remove} it when it is over. */
    void add(Exchange exchange) throws InterruptedException {
        open.add(exchange);
        throwIfCancelled();
    }

    void remove(Exchange exchange) {
        open.remove(exchange);
    }

    void throwIfCancelled() throws InterruptedException {
        if (cancelled.getCount() == 0) {
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
