// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

import java.io.IOException;
import java.io.Serial;

/**
 * The image's bytes are not what they should be. The message says which bytes, what was expected and what was found;
 * whoever catches it adds the image.
 */
public class InvalidImageException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    public InvalidImageException(String message) {
        super(message);
    }

    public InvalidImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
