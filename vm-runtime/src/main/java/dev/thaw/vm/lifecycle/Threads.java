// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.lifecycle;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waiting for threads that have been told to end. */
public final class Threads {
    private static final Logger LOG = LoggerFactory.getLogger(Threads.class);

    private Threads() {}

    /**
     * Waits for a thread's end, and says so in the log if that does not come in time. A thread that asks for its own end does not
     * wait. One that is interrupted gives up, with its flag set.
     */
    public static void awaitEnd(Thread thread, Duration limit) {
        if (thread == Thread.currentThread()) {
            return;
        }
        try {
            thread.join(limit.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        if (thread.isAlive()) {
            LOG.error("{} did not end within {}.", thread.getName(), limit);
        }
    }
}
