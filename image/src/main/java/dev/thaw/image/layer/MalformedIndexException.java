// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tree.InvalidImageException;
import java.io.Serial;

/** An index of a layer is not what it should be. The image has no part in that: its layer can be unpacked instead. */
public final class MalformedIndexException extends InvalidImageException {
    @Serial
    private static final long serialVersionUID = 1;

    MalformedIndexException(String message) {
        super(message);
    }

    MalformedIndexException(String message, Throwable cause) {
        super(message, cause);
    }
}
