// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tree.InvalidImageException;
import java.util.concurrent.atomic.AtomicLong;

/** How much an image's layers may still unpack to, all together. Thread-safe, as layers are unpacked side by side. */
final class UnpackedBytes {
    private final long most;
    private final AtomicLong left;

    UnpackedBytes(long most) {
        this.most = most;
        this.left = new AtomicLong(most);
    }

    /** Takes so many bytes away. Throws if there are not so many left. */
    void take(long bytes) throws InvalidImageException {
        if (left.addAndGet(-bytes) < 0) {
            throw new InvalidImageException(
                    "the image's layers unpack to more than " + most + " bytes. Is it an archive bomb?");
        }
    }
}
