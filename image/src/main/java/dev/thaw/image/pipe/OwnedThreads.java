// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.pipe;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;

/** The end of threads, seen by their owner. */
public final class OwnedThreads {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long NANOS_PER_MILLI = 1_000_000;

    private OwnedThreads() {}

    /**
     * Waits until threads that were told to end have ended. An interrupt of the caller does not shorten this, as what the
     * threads use is closed next; the caller's flag is set again in the end.
     *
     * @throws IOException if one is still there after a minute
     */
    public static void join(Collection<Thread> threads) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        boolean interrupted = Thread.interrupted();
        for (Thread thread : threads) {
            while (thread.isAlive() && System.nanoTime() < end) {
                try {
                    thread.join(Math.max(1, (end - System.nanoTime()) / NANOS_PER_MILLI));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        for (Thread thread : threads) {
            if (thread.isAlive()) {
                throw new IOException("thread " + thread.getName() + " was told to end and has not within "
                        + PATIENCE.toSeconds() + " s; it is in state " + thread.getState());
            }
        }
    }
}
