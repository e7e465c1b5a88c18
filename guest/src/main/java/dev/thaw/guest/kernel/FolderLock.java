// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * One holder at a time among all threads of all processes. File locks have no wait with a limit, and within one JVM they
 * refuse instead of waiting, so this asks again and again.
 */
final class FolderLock implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    static FolderLock take(Path file, Duration limit) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            long deadline = System.nanoTime() + limit.toNanos();
            while (!tryLock(channel)) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException("the lock " + file + " was not free within " + limit.toMinutes()
                            + " minutes: another process or thread is still preparing a kernel");
                }
                LockSupport.parkNanos(PAUSE.toNanos());
                if (Thread.currentThread().isInterrupted()) {
                    throw new IOException("interrupted while waiting for the lock " + file);
                }
            }
            return new FolderLock(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // a thread of this JVM has it
        }
    }

    /** Closing the channel releases the lock; the file stays, as removing it would race with the next holder. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
