// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import java.io.IOException;
import java.io.Serial;

/** The bytes are no chunk list of that file. */
final class MalformedChunkListException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    MalformedChunkListException(String message) {
        super(message);
    }
}
