// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import dev.thaw.locks.LockTimeoutException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** The lock of those who prepare kernels: one holder at a time among all threads of all processes. */
final class FolderLock implements AutoCloseable {
    private final HeldLock held;

    private FolderLock(HeldLock held) {
        this.held = held;
    }

    /** @param file below a folder that exists; made if it is not there */
    static FolderLock take(Path file, Duration limit) throws IOException {
        try {
            HeldLock held = FileLocks.lock(file, limit);
            held.describe("preparing a kernel");
            return new FolderLock(held);
        } catch (LockTimeoutException e) {
            throw new IOException(
                    "the lock " + file + " was not free within " + limit.toMinutes() + " minutes. " + e.holder(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the lock " + file, e);
        }
    }

    @Override
    public void close() throws IOException {
        try (held) {
            held.forget();
        }
    }
}
