// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.io.IOException;
import java.time.Duration;
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

    /** However much comes with each: a registry that breaks off all the time must come to an end. */
    private static final int MAX_ATTEMPTS = 50;

    public static final Retry DEFAULT = new Retry(5, Duration.ofMillis(500), Duration.ofSeconds(60));

    /** One attempt. */
    @FunctionalInterface
    public interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    /** Tells how far something has come; attempts count anew when it has come further. */
    @FunctionalInterface
    public interface Progress {
        long position();
    }

    /**
     * Runs it until it succeeds, fails for good, or has failed too often.
     *
     * @param cancellation ends waits, with an InterruptedException
     */
    public <T> T run(Cancellation cancellation, Progress progress, Attempt<T> attempt)
            throws IOException, InterruptedException {
        int failures = 0;
        long furthest = progress.position();
        for (int all = 1; ; all++) {
            TransientException failure;
            try {
                return attempt.run();
            } catch (TransientException e) {
                cancellation.throwIfCancelled(); // which may well be why it failed
                failure = e;
            }
            Duration asked = failure.retryAfter().orElse(Duration.ZERO);
            if (asked.compareTo(longestWait) > 0) {
                throw new RegistryException(failure.getMessage(), failure);
            }
            failures = progress.position() > furthest ? 1 : failures + 1;
            furthest = Math.max(furthest, progress.position());
            if (failures >= attempts || all >= MAX_ATTEMPTS) {
                throw new RegistryException(failure.getMessage() + " (tried " + all + " times)", failure);
            }
            Duration own = waitBefore(failures + 1);
            Duration wait = asked.compareTo(own) > 0 ? asked : own;
            LOG.debug("Trying again in {}, after: {}", wait, failure.getMessage());
            cancellation.pause(wait.toNanos());
        }
    }

    private Duration waitBefore(int attempt) {
        long nanos = firstWait.toNanos() << Math.min(attempt - 2, 20);
        long varied = ThreadLocalRandom.current().nextLong(nanos / 2, nanos * 3 / 2 + 1);
        return Duration.ofNanos(Math.min(varied, longestWait.toNanos()));
    }
}
