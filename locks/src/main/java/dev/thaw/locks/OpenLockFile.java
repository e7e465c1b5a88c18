// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lock file, open at most once in this process. Between threads a semaphore decides (a lock may be given up by
 * another thread than took it), between processes the kernel.
 *
 * <p>Read and written through {@link RandomAccessFile}: an interrupt closes a channel in the middle of its work, and
 * would take the lock with it.
 */
final class OpenLockFile {
    private static final Logger LOG = LoggerFactory.getLogger(OpenLockFile.class);

    /** Nothing that this module writes comes near it. */
    private static final int MAX_CONTENT_BYTES = 256 * 1024;

    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /**
     * The file's last byte is a gate, which whoever wants to share passes. Whoever wants the lock alone and does not get it
     * shuts it for a while, so that those who share and come and go do not keep it out for ever; and then opens it, so that
     * nobody is kept out for as long as one who shares does not go.
     */
    private static final long GATE_AT = Long.MAX_VALUE - 1;

    private static final long GATE_SHUT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** Whoever polls sees that it is open. */
    private static final long GATE_OPEN_NANOS = 3 * POLL_NANOS;

    /** Whoever wants the lock alone needs all permits. */
    private static final int PERMITS = 1 << 16;

    /** How many have an interest in this file; guarded by the entry's place in the table of {@link FileLocks}. */
    int users;

    private final Path path;
    private final Semaphore permits = new Semaphore(PERMITS, true);

    /** Guards {@link #sharers}: the first one of this process locks for all of them, the last one gives up. */
    private final ReentrantLock sharing = new ReentrantLock();

    private int sharers;

    // Written by the holder of all permits or of sharing only; content is read by those who wait.
    private RandomAccessFile file;
    private Optional<Object> identity = Optional.empty();
    private FileLock lock;
    private volatile String content = "";
    private volatile boolean shared;

    OpenLockFile(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    String content() {
        return content;
    }

    /** Tries once to become the only holder. */
    boolean attempt(boolean create) throws IOException {
        if (!permits.tryAcquire(PERMITS)) {
            return false;
        }
        return orGiveBack(PERMITS, () -> lockNow(create, false));
    }

    /** Becomes the only holder, or throws {@link LockTimeoutException} at the deadline, a value of System.nanoTime. */
    void await(long deadline) throws IOException, InterruptedException {
        while (true) {
            if (!permits.tryAcquire(PERMITS, remaining(deadline), TimeUnit.NANOSECONDS)) {
                throw timeout();
            }
            long end = System.nanoTime() + Math.min(GATE_SHUT_NANOS, remaining(deadline));
            if (orGiveBack(PERMITS, () -> lockUntil(end))) {
                return;
            }
            pause(deadline, GATE_OPEN_NANOS);
        }
    }

    /** Becomes one of the holders that share the lock, or throws {@link LockTimeoutException}. */
    void awaitShared(long deadline) throws IOException, InterruptedException {
        if (!permits.tryAcquire(1, remaining(deadline), TimeUnit.NANOSECONDS)) {
            throw timeout();
        }
        orGiveBack(1, () -> shareUntil(deadline));
    }

    /** {@link #sharing} is not held between the tries: who shares already has to be able to give up. */
    private boolean shareUntil(long deadline) throws IOException, InterruptedException {
        while (true) {
            if (!sharing.tryLock(remaining(deadline), TimeUnit.NANOSECONDS)) {
                throw timeout();
            }
            try {
                if (joinNow()) {
                    sharers++;
                    return true;
                }
            } finally {
                sharing.unlock();
            }
            pause(deadline, POLL_NANOS);
        }
    }

    /** Passes the gate, and takes the kernel's lock if nobody of this process has. */
    private boolean joinNow() throws IOException {
        if (sharers == 0) {
            openCurrent(true);
        }
        FileLock gate = tryLock(GATE_AT, 1, true);
        if (gate == null) {
            content = read();
            return false;
        }
        try {
            if (sharers == 0 && !lockNow(true, true)) {
                return false;
            }
            forgetTheDead();
            return true;
        } finally {
            releaseIfValid(gate);
        }
    }

    /** Who had it alone and died has left its name, which would be taken for that of one who shares. */
    private void forgetTheDead() {
        try {
            if (!content.isEmpty()) {
                write("");
            }
        } catch (IOException e) {
            LOG.debug("{} names a holder that has died", path, e);
        }
    }

    private static long remaining(long deadline) {
        return Math.max(0, deadline - System.nanoTime());
    }

    /** Tries for a while, with the gate shut. */
    private boolean lockUntil(long end) throws IOException, InterruptedException {
        FileLock gate = null;
        try {
            while (!lockNow(true, false)) {
                if (end - System.nanoTime() <= 0) {
                    return false;
                }
                if (gate == null || !gate.isValid()) {
                    gate = tryLock(GATE_AT, 1, false);
                }
                park(POLL_NANOS);
            }
            return true;
        } finally {
            releaseIfValid(gate);
        }
    }

    private void pause(long deadline, long nanos) throws IOException, InterruptedException {
        if (deadline - System.nanoTime() <= 0) {
            throw timeout();
        }
        park(nanos);
    }

    private void park(long nanos) throws InterruptedException {
        LockSupport.parkNanos(this, nanos);
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedException("interrupted while waiting for lock " + path);
        }
    }

    private LockTimeoutException timeout() {
        return new LockTimeoutException(path, LockHolders.describe(path, content));
    }

    private interface Locking<X extends Exception> {
        boolean run() throws IOException, X;
    }

    private <X extends Exception> boolean orGiveBack(int taken, Locking<X> locking) throws IOException, X {
        boolean held = false;
        try {
            held = locking.run();
            return held;
        } finally {
            if (!held) {
                permits.release(taken);
            }
        }
    }

    /** Tries to get the kernel's lock on the file that has this name now. */
    private boolean lockNow(boolean create, boolean sharable) throws IOException {
        openCurrent(create);
        lock = tryLock(0, GATE_AT, sharable);
        if (lock != null) {
            shared = false;
        }
        boolean kept = false;
        try {
            content = read();
            // Otherwise the last holder deleted the file while this one had it open; whoever comes next uses a new one.
            kept = lock != null && identity.equals(identity(path));
        } finally {
            if (!kept) {
                release();
            }
        }
        return kept;
    }

    /** Null if another has it. */
    private FileLock tryLock(long at, long length, boolean sharable) throws IOException {
        try {
            return file.getChannel().tryLock(at, length, sharable);
        } catch (OverlappingFileLockException e) {
            // Held by this process, but not through the table: another class loader has a copy of this class.
            // From here on closing our file would drop its lock.
            shared = true;
            return null;
        }
    }

    private void openCurrent(boolean create) throws IOException {
        Optional<Object> now = identity(path);
        if (file != null && now.isPresent() && now.equals(identity)) {
            return;
        }
        closeFile();
        // A name can change its file between two looks at it; equal before and after means that this one was opened.
        for (int tries = 0; tries < 100; tries++) {
            if (now.isEmpty() && !create) {
                throw new NoSuchFileException(path.toString());
            }
            if (now.isEmpty()) {
                createIfMissing();
                now = identity(path);
                continue;
            }
            file = new RandomAccessFile(path.toFile(), "rw");
            identity = identity(path);
            if (now.equals(identity)) {
                return;
            }
            closeFile();
            now = identity(path);
        }
        throw new IOException("lock file " + path + " was replaced again and again while it was being opened");
    }

    /** Mode 0600: it may tell what is being done. */
    private void createIfMissing() throws IOException {
        try {
            Files.createFile(path, PRIVATE);
        } catch (FileAlreadyExistsException e) {
            // Another process was quicker: that is the file which is wanted.
            LOG.debug("{} is there already", path, e);
        }
    }

    /** Device and inode of what has this name; empty if there is none. */
    private static Optional<Object> identity(Path path) throws IOException {
        try {
            return Optional.ofNullable(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private String read() throws IOException {
        byte[] bytes = new byte[(int) Math.min(file.length(), MAX_CONTENT_BYTES)];
        file.seek(0);
        int length = 0;
        for (int n; length < bytes.length && (n = file.read(bytes, length, bytes.length - length)) > 0; ) {
            length += n;
        }
        return StandardCharsets.UTF_8.decode(ByteBuffer.wrap(bytes, 0, length)).toString();
    }

    void write(String text) throws IOException {
        file.setLength(0);
        content = "";
        append(text);
    }

    void append(String text) throws IOException {
        long end = file.length();
        try {
            file.seek(end);
            file.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // A disk that becomes full takes a part of a line, and what comes next would be a part of that line.
            try {
                file.setLength(end);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
        content = content.concat(text);
    }

    /** Gives up the lock of the only holder. */
    void giveBack() throws IOException {
        try {
            release();
        } finally {
            permits.release(PERMITS);
        }
    }

    /** Gives up one share. */
    void giveBackShare() throws IOException {
        sharing.lock();
        try {
            sharers--;
            if (sharers == 0) {
                release();
            }
        } finally {
            sharing.unlock();
            permits.release(1);
        }
    }

    private void release() throws IOException {
        FileLock held = lock;
        lock = null;
        if (held != null) {
            held.release();
        }
    }

    /** A lock ends with its file, which is another one if somebody has deleted the old one. */
    private static void releaseIfValid(FileLock held) throws IOException {
        if (held != null && held.isValid()) {
            held.release();
        }
    }

    /** Called when nobody has an interest any more. False if the file has to stay open for another's sake. */
    boolean closeUnlessShared() {
        if (shared) {
            return false;
        }
        try {
            closeFile();
        } catch (IOException e) {
            throw new UncheckedIOException("close lock file " + path, e);
        }
        return true;
    }

    private void closeFile() throws IOException {
        if (file != null) {
            RandomAccessFile closing = file;
            file = null;
            closing.close();
        }
    }
}
