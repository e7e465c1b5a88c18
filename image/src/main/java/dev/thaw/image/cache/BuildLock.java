// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps other threads and other JVMs from doing the same work. Waits for theirs, but not for ever: the work may be done
 * twice. The kernel gives the lock back when its holder dies. The file stays: removing it would let two hold different
 * files.
 */
final class BuildLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BuildLock.class);
    /** File locks can't be waited for with a bound; this is how often we ask. */
    private static final long ASK_EVERY_MILLIS = 50;

    /**
     * Record locks belong to the process: closing any descriptor of a file drops all locks that the process has on it
     * (POSIX, fcntl). So the file is open at most once in a process, behind its gate, and the gates are the process's
     * too. This is the module's only static state.
     */
    private static final ConcurrentMap<Path, Gate> GATES = new ConcurrentHashMap<>();

    private final Gate gate;
    private final FileChannel channel;

    private BuildLock(Gate gate, FileChannel channel) {
        this.gate = gate;
        this.channel = channel;
    }

    /** One thread of this process at a time. */
    private static final class Gate {
        final Semaphore permit = new Semaphore(1);
        /**
         * Open although nobody here wants the lock: a copy of this class from another class loader has it, and would
         * lose it if this were closed. Guarded by the permit.
         */
        FileChannel keptOpen;
    }

    /** Tells whether the work has been done by somebody else. */
    @FunctionalInterface
    interface Done {
        boolean check() throws IOException;
    }

    /** Returns when the lock is held, the work is done, or patience is over. */
    static BuildLock acquire(Path file, Duration patience, Done done) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        Path real = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
        Gate gate = GATES.computeIfAbsent(real, path -> new Gate());
        if (!gate.permit.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
            LOG.warn("Another thread holds {} for longer than {}; doing its work as well", file, patience);
            return new BuildLock(null, null);
        }
        boolean held = false;
        try {
            FileChannel channel = lock(gate, real, deadline, done);
            held = channel != null;
            return held ? new BuildLock(gate, channel) : new BuildLock(null, null);
        } finally {
            if (!held) {
                gate.permit.release();
            }
        }
    }

    /** The channel whose lock is held; null, and closed, if the work is done or patience is over. */
    private static FileChannel lock(Gate gate, Path file, long deadline, Done done)
            throws IOException, InterruptedException {
        FileChannel channel = gate.keptOpen != null ? gate.keptOpen : open(file);
        gate.keptOpen = null;
        boolean foreign = false;
        boolean held = false;
        try {
            while (true) {
                try {
                    foreign = false;
                    held = tryLock(channel);
                } catch (OverlappingFileLockException e) {
                    LOG.debug("Another copy of this class in this JVM holds {}", file, e);
                    foreign = true;
                }
                if (held || done.check()) {
                    break;
                }
                if (System.nanoTime() - deadline > 0) {
                    LOG.warn("Another process holds {} for too long; doing its work as well", file);
                    break;
                }
                new CountDownLatch(1).await(ASK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
            }
            return held ? channel : null;
        } finally {
            if (foreign) {
                gate.keptOpen = channel;
            } else if (!held) {
                channel.close();
            }
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        FileLock lock = channel.tryLock();
        return lock != null;
    }

    boolean isHeld() {
        return gate != null;
    }

    @Override
    public void close() throws IOException {
        if (gate != null) {
            try {
                channel.close(); // releases the lock
            } finally {
                gate.permit.release();
            }
        }
    }
}
