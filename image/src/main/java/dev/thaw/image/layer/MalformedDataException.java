// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import java.io.IOException;
import java.io.Serial;

/** Compressed data that is not what its compression makes, as told apart from data that could not be read. */
final class MalformedDataException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    MalformedDataException(String message, Throwable cause) {
        super(message, cause);
    }
}
