// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The file of a lease that this process has, with its lock.
 *
 * @param name the lease's, whatever file it is in
 * @param times how often it has been written, this file included
 */
record LeaseFile(Path folder, String name, int times, HeldLock lock) {
    /** Others have its lock for a moment only, to see whether it is a dead one's. */
    private static final Duration GLANCE_TIMEOUT = Duration.ofSeconds(5);

    /** The file of a new lease. The caller shares the store's lock. */
    static LeaseFile create(Path folder, LeaseInfo info) throws IOException {
        return write(folder, LeaseFolder.newName(), 1, info, "");
    }

    /**
     * Another file of the same lease. The caller shares the store's lock, and deletes this one.
     *
     * @param noted what is known already of children and further snapshots, in lines
     */
    LeaseFile next(LeaseInfo info, String noted) throws IOException {
        return write(folder, name, times + 1, info, noted);
    }

    private static LeaseFile write(Path folder, String name, int times, LeaseInfo info, String noted)
            throws IOException {
        HeldLock lock = lock(LeaseFolder.file(folder, name, times));
        boolean written = false;
        try {
            lock.replace(LeaseRecord.header(ProcessHandle.current().pid(), info) + noted);
            written = true;
            return new LeaseFile(folder, name, times, lock);
        } finally {
            if (!written) {
                lock.delete();
            }
        }
    }

    private static HeldLock lock(Path file) throws IOException {
        try {
            return FileLocks.lock(file, GLANCE_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the lock of the new file " + file, e);
        }
    }
}
