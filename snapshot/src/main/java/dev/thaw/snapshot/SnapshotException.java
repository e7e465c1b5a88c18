// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.Serial;

/**
 * The store can't do what it was asked to. The message says what happened, to which file, and what to do.
 *
 * <p>Subclasses are for what a caller treats differently: {@link DiskFullException}, {@link LockedException}.
 */
public class SnapshotException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public SnapshotException(String message) {
        super(message);
    }

    public SnapshotException(String message, Throwable cause) {
        super(message, cause);
    }
}
