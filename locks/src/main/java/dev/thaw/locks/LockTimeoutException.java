// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** A lock was held by another for the whole time that a caller was ready to wait. */
public final class LockTimeoutException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String holder;

    LockTimeoutException(Path file, String holder) {
        super("lock " + file + " is held: " + holder);
        this.holder = holder;
    }

    /** Who has it, in a sentence for a message to people: printable, and of a bounded length. */
    public String holder() {
        return HolderText.sentence(holder);
    }
}
