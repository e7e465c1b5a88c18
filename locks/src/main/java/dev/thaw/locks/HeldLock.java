// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A lock that this process holds until {@link #close}. Any thread may close it; closing twice does nothing. */
public final class HeldLock implements LockAttempt, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HeldLock.class);

    private final OpenLockFile file;
    private boolean open = true;

    HeldLock(OpenLockFile file) {
        this.file = file;
    }

    @Override
    public String content() {
        return file.content();
    }

    /** Writes what others shall read about the holder, in place of what is there. */
    public synchronized void replace(String content) throws IOException {
        requireOpen();
        file.write(content);
    }

    /**
     * Tells others who wait that this thread has the lock, since when, and what it does. Best effort: on a full disk the lock
     * has to do without.
     *
     * @param doing a few words, as in "sweeping"
     */
    public synchronized void describe(String doing) {
        tryToReplace("process " + ProcessHandle.current().pid() + ", thread '"
                + Thread.currentThread().getName() + "', " + doing + " since " + Instant.now());
    }

    /** Takes the description back, before the lock is given up. Best effort, too. */
    public synchronized void forget() {
        if (open) {
            tryToReplace("");
        }
    }

    private void tryToReplace(String content) {
        try {
            replace(content);
        } catch (IOException e) {
            LOG.debug("The lock does not tell its holder", e);
        }
    }

    /** Adds to what others shall read, in a single write. */
    public synchronized void append(String content) throws IOException {
        requireOpen();
        file.append(content);
    }

    /** Removes the lock file and gives up the lock. Others that wait for it go on with a new file. */
    public synchronized void delete() throws IOException {
        requireOpen();
        try {
            Files.deleteIfExists(file.path());
        } finally {
            close();
        }
    }

    private void requireOpen() {
        if (!open) {
            throw new IllegalStateException("lock " + file.path() + " has been given up");
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (open) {
            open = false;
            try {
                file.giveBack();
            } finally {
                FileLocks.leave(file);
            }
        }
    }
}
