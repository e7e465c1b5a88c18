// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import dev.thaw.locks.LockTimeoutException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps other threads and other JVMs from doing the same work. Waits for theirs, but not for ever: the work may be done
 * twice. The kernel gives the lock back when its holder dies.
 */
final class BuildLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BuildLock.class);

    /** After this we ask whether the work has been done. */
    private static final Duration ASK_EVERY = Duration.ofMillis(100);

    private final Optional<HeldLock> held;

    private BuildLock(Optional<HeldLock> held) {
        this.held = held;
    }

    /** Tells whether the work has been done by somebody else. */
    @FunctionalInterface
    interface Done {
        boolean check() throws IOException;
    }

    /**
     * Returns when the lock is held, the work is done, or patience is over.
     *
     * @param doing what is done with it, for others' messages
     */
    static BuildLock acquire(Path file, Duration patience, String doing, Done done)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            try {
                HeldLock lock = FileLocks.lock(file, left.compareTo(ASK_EVERY) < 0 ? left : ASK_EVERY);
                lock.describe(doing);
                return new BuildLock(Optional.of(lock));
            } catch (LockTimeoutException e) {
                if (done.check()) {
                    return new BuildLock(Optional.empty());
                }
                if (System.nanoTime() - deadline > 0) {
                    LOG.warn("{} was not free within {}; doing its work as well. {}", file, patience, e.holder());
                    return new BuildLock(Optional.empty());
                }
            }
        }
    }

    boolean isHeld() {
        return held.isPresent();
    }

    @Override
    public void close() throws IOException {
        if (held.isPresent()) {
            try (HeldLock lock = held.get()) {
                lock.forget();
            }
        }
    }
}
