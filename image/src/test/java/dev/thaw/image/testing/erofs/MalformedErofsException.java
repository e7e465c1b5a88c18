// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.io.IOException;
import java.io.Serial;

/** A disk is not EROFS, is damaged, or uses what {@link ErofsReader} does not read. The message says what and where. */
public final class MalformedErofsException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    MalformedErofsException(String message) {
        super(message);
    }
}
