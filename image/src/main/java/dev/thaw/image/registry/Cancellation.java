// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import java.net.HttpURLConnection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends what several threads do together: their waits, and the connections whose answers they wait for or read. Thread-safe. */
final class Cancellation {
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final Set<HttpURLConnection> open = ConcurrentHashMap.newKeySet();

    /** From here on everything under it fails as fast as it can. */
    void cancel() {
        cancelled.countDown();
        open.forEach(HttpURLConnection::disconnect);
    }

    /** A connection that is to end with this; {@link #remove} it when it is over. */
    void add(HttpURLConnection connection) throws InterruptedException {
        open.add(connection);
        throwIfCancelled();
    }

    void remove(HttpURLConnection connection) {
        open.remove(connection);
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
