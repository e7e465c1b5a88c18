// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.lifecycle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waiting for futures, always with a bound. */
public final class Await {
    private Await() {}

    /** The wait was over before what it waited for had happened. */
    public static final class TimedOutException extends IOException {
        private static final long serialVersionUID = 1L;

        public TimedOutException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Waits for the future's result.
     *
     * @param what names what is waited for, as the object of "waited for"
     * @throws TimedOutException if it is not there at the deadline
     * @throws IOException what the future failed with; other exceptions are wrapped
     */
    public static <T> T get(Future<T> future, Deadline deadline, String what) throws IOException {
        Duration left = deadline.left();
        try {
            return future.get(left.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new TimedOutException("Waited " + millis(left) + " ms in vain for " + what + ".", e);
        } catch (ExecutionException e) {
            throw asIoException(e.getCause(), what);
        } catch (InterruptedException e) {
            throw interrupted(what, e);
        }
    }

    /**
     * Restores the thread's interrupt flag.
     *
     * @return to be thrown instead, where only IOExceptions are
     */
    public static InterruptedIOException interrupted(String what, InterruptedException cause) {
        Thread.currentThread().interrupt();
        InterruptedIOException interrupted = new InterruptedIOException("Interrupted while waiting for " + what + ".");
        interrupted.initCause(cause);
        return interrupted;
    }

    /** Rounded: of 500 ms a few microseconds are gone when the wait begins. */
    private static long millis(Duration time) {
        return time.plusNanos(500_000).toMillis();
    }

    private static IOException asIoException(Throwable cause, String what) {
        Throwable inner = cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
        if (inner instanceof IOException io) {
            return io;
        }
        return new IOException("Waiting for " + what + " failed: " + inner.getMessage(), inner);
    }
}
