// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.io.Serial;

/**
 * An image can't be used. The message says which image, what is wrong with it, and what to do.
 *
 * <p>This is the only exception that this module throws on account of an image, a file or a disk.
 */
public class ImageException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public ImageException(String message) {
        super(message);
    }

    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
