// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;

/** A lock that others may share until {@link #close}, but nobody has alone. Any thread may close it; twice does nothing. */
public final class SharedLock implements AutoCloseable {
    private final OpenLockFile file;
    private boolean open = true;

    SharedLock(OpenLockFile file) {
        this.file = file;
    }

    @Override
    public synchronized void close() throws IOException {
        if (open) {
            open = false;
            try {
                file.giveBackShare();
            } finally {
                FileLocks.leave(file);
            }
        }
    }
}
