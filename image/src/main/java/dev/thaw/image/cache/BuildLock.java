// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps other JVMs from doing the same work. Waits for theirs, but not for ever: the work may be done twice. The
 * kernel gives the lock back when its holder dies. The file stays: removing it would let two hold different files.
 */
final class BuildLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BuildLock.class);
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    /** File locks can't be waited for with a bound; this is how often we ask. */
    private static final long ASK_EVERY_MILLIS = 50;

    private final FileChannel channel;
    private final FileLock lock;

    private BuildLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** Tells whether the work has been done by somebody else. */
    @FunctionalInterface
    interface Done {
        boolean check() throws IOException;
    }

    /** Returns when the lock is held, the work is done, or patience is over. */
    static BuildLock acquire(Path file, Done done) throws IOException, InterruptedException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            FileLock lock = tryLock(channel);
            while (lock == null && !done.check()) {
                if (System.nanoTime() - deadline > 0) {
                    LOG.warn("Another process holds {} for longer than {}; doing its work as well", file, PATIENCE);
                    break;
                }
                new CountDownLatch(1).await(ASK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
                lock = tryLock(channel);
            }
            return new BuildLock(channel, lock);
        } catch (IOException | InterruptedException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    boolean isHeld() {
        return lock != null;
    }

    @Override
    public void close() throws IOException {
        channel.close(); // releases the lock
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            LOG.debug("Another store in this JVM holds the lock", e);
            return null;
        }
    }
}
