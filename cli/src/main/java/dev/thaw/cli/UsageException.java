// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import java.io.Serial;

/** What the user asked for makes no sense here. The message says why, and what would. */
final class UsageException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
