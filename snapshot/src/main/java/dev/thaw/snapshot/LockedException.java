// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.Serial;

/** Another thread or process holds what was wanted: a bake lock for too long, or a snapshot that is in use. */
public final class LockedException extends SnapshotException {
    @Serial
    private static final long serialVersionUID = 1;

    LockedException(String message) {
        super(message);
    }

    LockedException(String message, Throwable cause) {
        super(message, cause);
    }
}
