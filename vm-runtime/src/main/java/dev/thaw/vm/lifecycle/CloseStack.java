// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.lifecycle;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What has to be closed, newest first. Every one is closed even if another fails; the first failure is thrown, the rest
 * are added to it as suppressed. Thread-safe: whoever closes it while another thread does waits for that one, so that
 * nothing is open when either returns.
 */
public final class CloseStack implements AutoCloseable {
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    /** Closing something failed. */
    public static final class CloseException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CloseException(Throwable cause) {
            super("Could not close everything: " + cause.getMessage(), cause);
        }
    }

    /** Takes a resource over and gives it back, for use. */
    public synchronized <T extends AutoCloseable> T push(T resource) {
        resources.push(resource);
        return resource;
    }

    /** Hands everything over to a new stack; this one then closes nothing. */
    public synchronized CloseStack move() {
        CloseStack other = new CloseStack();
        other.resources.addAll(resources);
        resources.clear();
        return other;
    }

    /** Leaves everything open, as somebody else closes it from now on. */
    public synchronized void release() {
        resources.clear();
    }

    @Override
    public synchronized void close() {
        CloseException first = null;
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (first == null) {
                    first = new CloseException(e);
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
