// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;

/** The cache can't be written. The message says what was to be written, why it failed, and how much room there is. */
public final class CacheException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private CacheException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * The failure in the user's words.
     *
     * @param what can't be done, such as {@code its disk of 4096 bytes can't be written}
     * @param needs room in the folder
     */
    public static CacheException of(String what, Path folder, String needs, IOException cause) {
        String free;
        try {
            free = Files.getFileStore(folder).getUsableSpace() + " bytes free";
        } catch (IOException e) {
            cause.addSuppressed(e);
            free = "an unknown number of bytes free";
        }
        return new CacheException(
                what + ": " + cause.getMessage() + ". The cache folder " + folder + " has " + free + "; " + needs
                        + " need room there",
                cause);
    }

    /** The same, of something that its message does not name. */
    public static CacheException of(String name, CacheException cause) {
        return new CacheException(name + ": " + cause.getMessage(), cause);
    }
}
