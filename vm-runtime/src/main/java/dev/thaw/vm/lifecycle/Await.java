// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.lifecycle;

import java.io.IOException;
import java.io.InterruptedIOException;
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
        try {
            return future.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new TimedOutException("Waited " + deadline.limit().toMillis() + " ms in vain for " + what + ".", e);
        } catch (ExecutionException e) {
            throw asIoException(e.getCause(), what);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted =
                    new InterruptedIOException("Interrupted while waiting for " + what + ".");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    private static IOException asIoException(Throwable cause, String what) {
        Throwable inner = cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
        if (inner instanceof IOException io) {
            return io;
        }
        return new IOException("Waiting for " + what + " failed: " + inner.getMessage(), inner);
    }
}
