// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.Digest;
import java.io.IOException;
import java.io.Serial;

/** A disk in the cache is not what was noted of it, so that nothing that was read from it can be trusted. */
public final class DamagedDiskException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient SourceDisk disk;

    DamagedDiskException(String message, SourceDisk disk, Throwable cause) {
        super(message, cause);
        this.disk = disk;
    }

    /** The disk's. */
    public Digest key() {
        return disk.key();
    }

    /** Throws the disk away. */
    public void discardDisk() throws IOException {
        disk.discard();
    }
}
