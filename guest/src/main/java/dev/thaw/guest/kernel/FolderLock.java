// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One holder at a time among all threads of all processes. Threads of one process wait at a gate; file locks have no wait
 * with a limit, so whoever is through the gate asks for the file's again and again.
 */
final class FolderLock implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(20);

    /**
     * Record locks belong to the process: closing any descriptor of a file drops all locks that the process has on it
     * (POSIX, fcntl). So the file is open at most once in a process, behind its gate, and the gates are the process's
     * too. This is the module's only static state.
     */
    private static final ConcurrentMap<Path, Gate> GATES = new ConcurrentHashMap<>();

    private final Gate gate;
    private final FileChannel channel;

    private FolderLock(Gate gate, FileChannel channel) {
        this.gate = gate;
        this.channel = channel;
    }

    /** One thread of this process at a time. */
    private static final class Gate {
        final Semaphore permit = new Semaphore(1, true);
        /**
         * Open although nobody here wants the lock: a copy of this class from another class loader has it, and would
         * lose it if this were closed. Guarded by the permit.
         */
        FileChannel keptOpen;
    }

    /** @param file below a folder that exists; made if it is not there */
    static FolderLock take(Path file, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        Path real = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
        Gate gate = GATES.computeIfAbsent(real, path -> new Gate());
        boolean entered;
        try {
            entered = gate.permit.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the lock " + file, e);
        }
        if (!entered) {
            throw tooLate(file, limit, "thread");
        }
        FileChannel locked = null;
        try {
            locked = lock(gate, real, deadline, limit);
            return new FolderLock(gate, locked);
        } finally {
            if (locked == null) {
                gate.permit.release();
            }
        }
    }

    private static FileChannel lock(Gate gate, Path file, long deadline, Duration limit) throws IOException {
        FileChannel channel = gate.keptOpen != null
                ? gate.keptOpen
                : FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        gate.keptOpen = null;
        Attempt last = Attempt.BUSY;
        try {
            for (last = attempt(channel); last != Attempt.HELD; last = attempt(channel)) {
                if (System.nanoTime() - deadline > 0) {
                    throw tooLate(file, limit, "process");
                }
                LockSupport.parkNanos(PAUSE.toNanos());
                if (Thread.currentThread().isInterrupted()) {
                    throw new IOException("interrupted while waiting for the lock " + file);
                }
            }
            return channel;
        } finally {
            if (last == Attempt.FOREIGN) {
                gate.keptOpen = channel;
            } else if (last == Attempt.BUSY) {
                channel.close();
            }
        }
    }

    private enum Attempt {
        HELD,
        BUSY,
        FOREIGN
    }

    private static Attempt attempt(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() == null ? Attempt.BUSY : Attempt.HELD;
        } catch (OverlappingFileLockException e) {
            return Attempt.FOREIGN; // this JVM has it, and not through our gate
        }
    }

    private static IOException tooLate(Path file, Duration limit, String other) {
        return new IOException("the lock " + file + " was not free within " + limit.toMinutes() + " minutes: another "
                + other + " is still preparing a kernel");
    }

    /** Closing the channel releases the lock; the file stays, as removing it would race with the next holder. */
    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            gate.permit.release();
        }
    }
}
