// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often and when something is tried again that failed for a reason that may pass. Waits double each time and vary
 * by half, so that many clients do not come back together; a server that says how long to wait is obeyed. Immutable.
 *
 * @param attempts in all, without any progress between them
 * @param firstWait before the second attempt
 * @param longestWait a server that asks for more is not waited for
 */
public record Retry(int attempts, Duration firstWait, Duration longestWait) {
    private static final Logger LOG = LoggerFactory.getLogger(Retry.class);

    public static final Retry DEFAULT = new Retry(5, Duration.ofMillis(500), Duration.ofSeconds(60));

    /** One attempt. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    /** Tells how far something has come; attempts count anew when it has come further. */
    @FunctionalInterface
    interface Progress {
        long position();
    }

    /**
     * Runs it until it succeeds, fails for good, or has failed too often.
     *
     * @param cancellation ends waits, with an InterruptedException
     */
    <T> T run(Cancellation cancellation, Progress progress, Attempt<T> attempt)
            throws IOException, InterruptedException {
        int failures = 0;
        long position = progress.position();
        while (true) {
            IOException failure;
            try {
                return attempt.run();
            } catch (IOException e) {
                cancellation.throwIfCancelled(); // which may well be why it failed
                failure = e;
            }
            Optional<Duration> asked = failure instanceof TransientException t ? t.retryAfter() : Optional.empty();
            if (!mayPass(failure)) {
                throw failure;
            }
            if (asked.orElse(Duration.ZERO).compareTo(longestWait) > 0) {
                throw new RegistryException(failure.getMessage(), failure);
            }
            failures = progress.position() > position ? 1 : failures + 1;
            position = progress.position();
            if (failures >= attempts) {
                throw new RegistryException(failure.getMessage() + " (tried " + attempts + " times)", failure);
            }
            Duration wait = asked.orElse(waitBefore(failures + 1));
            LOG.debug("Trying again in {}, after: {}", wait, failure.getMessage());
            cancellation.pause(wait.toNanos());
        }
    }

    private Duration waitBefore(int attempt) {
        long nanos = firstWait.toNanos() << Math.min(attempt - 2, 20);
        long varied = ThreadLocalRandom.current().nextLong(nanos / 2, nanos * 3 / 2 + 1);
        return Duration.ofNanos(Math.min(varied, longestWait.toNanos()));
    }

    /** Connections that break or stall may work next time; a name that is unknown and a door that is shut won't. */
    static boolean mayPass(IOException failure) {
        boolean connectRefused = failure instanceof ConnectException || failure instanceof NoRouteToHostException;
        return failure instanceof TransientException
                || failure instanceof SocketTimeoutException
                || failure instanceof EOFException
                || (failure instanceof SocketException && !connectRefused);
    }
}
