// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Takes locks on lock files, alone or shared, against other threads and other processes alike.
 *
 * <p>A lock file may hold a few lines about its holder, which those who wait can read. All paths have to be given
 * in the same form, with real folders: two names of one file would be two locks within this process.
 */
public final class FileLocks {
    /**
     * Record locks belong to the process, not to the channel: closing any channel of a file drops all locks that
     * the process has on it (POSIX, fcntl). So no lock file may ever be open twice in a process, and the table that
     * sees to it has to be the process's, too. This is the module's only static state. A second class loader
     * with a copy of this class is noticed by {@link OpenLockFile}.
     */
    private static final ConcurrentMap<Path, OpenLockFile> TABLE = new ConcurrentHashMap<>();

    private FileLocks() {}

    /**
     * Tries once, without waiting. A missing file is created.
     *
     * @return the lock, or what its holder wrote
     */
    public static LockAttempt attempt(Path file) throws IOException {
        return attempt(file, true);
    }

    /**
     * Tries once to lock a file that is there, without waiting.
     *
     * @throws NoSuchFileException if it is not
     */
    public static LockAttempt attemptExisting(Path file) throws IOException {
        return attempt(file, false);
    }

    /**
     * Waits for the lock. A missing file is created.
     *
     * @throws LockTimeoutException if another has held it all the time; it carries what the holder wrote
     */
    public static HeldLock lock(Path file, Duration timeout) throws IOException, InterruptedException {
        return new HeldLock(await(file, timeout, OpenLockFile::await));
    }

    /**
     * Waits until nobody has the lock alone, and shares it. A missing file is created.
     *
     * @throws LockTimeoutException if another has had it alone all the time; it carries what that one wrote
     */
    public static SharedLock share(Path file, Duration timeout) throws IOException, InterruptedException {
        return new SharedLock(await(file, timeout, OpenLockFile::awaitShared));
    }

    /** Returns when it has what it waits for, or throws at the deadline, a value of System.nanoTime. */
    private interface Waiting {
        void until(OpenLockFile entry, long deadline) throws IOException, InterruptedException;
    }

    private static OpenLockFile await(Path file, Duration timeout, Waiting waiting)
            throws IOException, InterruptedException {
        Objects.requireNonNull(timeout, "timeout");
        long deadline = System.nanoTime() + timeout.toNanos();
        OpenLockFile entry = enter(file);
        boolean held = false;
        try {
            waiting.until(entry, deadline);
            held = true;
            return entry;
        } finally {
            if (!held) {
                leave(entry);
            }
        }
    }

    private static LockAttempt attempt(Path file, boolean create) throws IOException {
        OpenLockFile entry = enter(file);
        boolean held = false;
        try {
            held = entry.attempt(create);
            return held ? new HeldLock(entry) : new LockAttempt.Busy(entry.content());
        } finally {
            if (!held) {
                leave(entry);
            }
        }
    }

    /** By its folder's real path: one that links lead to by two names must not be open twice either. */
    private static OpenLockFile enter(Path file) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        Path folder = Objects.requireNonNull(absolute.getParent(), "a lock file is in a folder");
        Path path = folder.toRealPath().resolve(absolute.getFileName());
        return TABLE.compute(path, (key, present) -> {
            OpenLockFile entry = present == null ? new OpenLockFile(key) : present;
            entry.users++;
            return entry;
        });
    }

    /** Gives up an interest in the file; the last one to do so closes it, where that is safe. */
    static void leave(OpenLockFile left) {
        TABLE.compute(left.path(), (key, entry) -> {
            Objects.requireNonNull(entry, "entry");
            entry.users--;
            return entry.users == 0 && entry.closeUnlessShared() ? null : entry;
        });
    }
}
