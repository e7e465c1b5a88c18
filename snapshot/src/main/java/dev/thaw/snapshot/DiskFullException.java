// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.Serial;
import java.nio.file.Path;

/** There is no room for a snapshot. Nothing of it is left on disk. */
public final class DiskFullException extends SnapshotException {
    @Serial
    private static final long serialVersionUID = 1;

    private final long neededBytes;
    private final long freeBytes;

    DiskFullException(String what, Path folder, long neededBytes, long freeBytes, Throwable cause) {
        super(
                what + ": disk full. " + neededBytes + " bytes are needed, and " + freeBytes
                        + " bytes are free in the file system of " + folder
                        + ". Free some space there, or put the store elsewhere (thaw.home).",
                cause);
        this.neededBytes = neededBytes;
        this.freeBytes = freeBytes;
    }

    /** Room that is needed, in bytes. */
    public long neededBytes() {
        return neededBytes;
    }

    /** Room that there is, in bytes. */
    public long freeBytes() {
        return freeBytes;
    }
}
