// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.lock;

import java.io.IOException;
import java.nio.file.Files;

/** A lock that this process holds until {@link #close}. Any thread may close it; closing twice does nothing. */
public final class HeldLock implements LockAttempt, AutoCloseable {
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
