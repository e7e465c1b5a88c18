// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.io.IOException;
import java.io.Serial;

/**
 * A registry can't be reached, refuses, or answers nonsense. The message says which registry, what was asked and what
 * came back, and what the user can do; whoever catches it adds the image.
 */
public final class RegistryException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    public RegistryException(String message) {
        super(message);
    }

    public RegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
