// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import java.util.Optional;

/** Something that may well work when it is tried again. */
public final class TransientException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient Optional<Duration> retryAfter;

    /** With the time that the server asks to wait, if it does. */
    public TransientException(String message, Optional<Duration> retryAfter, Throwable cause) {
        super(message, cause);
        this.retryAfter = retryAfter;
    }

    Optional<Duration> retryAfter() {
        return retryAfter;
    }
}
