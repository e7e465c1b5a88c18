// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.locks.HeldLock;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The right to change a key's place in the store. For one thread. */
final class BakeLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BakeLock.class);

    private final HeldLock lock;
    private boolean open = true;

    BakeLock(HeldLock lock) {
        this.lock = lock;
    }

    /** Gives it up and removes its file, when nothing has the snapshot's name. Never throws, as below; {@link #close} may follow. */
    void delete() {
        open = false;
        try {
            lock.delete();
        } catch (IOException e) {
            LOG.warn("Can't give up a lock in good order; it ends with this process at the latest", e);
        }
    }

    /** Never throws: what was done under the lock stands, whether or not its end goes well. */
    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        try (lock) {
            lock.replace("");
        } catch (IOException e) {
            LOG.warn("Can't give up a bake lock in good order; it ends with this process at the latest", e);
        }
    }
}
