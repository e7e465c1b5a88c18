// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a lease is for. Immutable.
 *
 * @param purpose for people, one line: which test, which machine; at most 1000 characters are kept
 * @param runFolder a folder that goes when the owner goes; directly below the run root, and need not exist yet
 * @param snapshot hash of the bake key of the snapshot that is used, if any
 */
public record LeaseInfo(String purpose, Path runFolder, Optional<String> snapshot) {
    private static final int MAX_PURPOSE_CHARS = 1000;

    /**
     * Makes the folder's path absolute.
     *
     * @throws IllegalArgumentException if the snapshot is given by something else than a hash
     */
    public LeaseInfo {
        purpose = purpose.substring(0, Math.min(purpose.length(), MAX_PURPOSE_CHARS));
        runFolder = runFolder.toAbsolutePath().normalize();
        snapshot.ifPresent(hash -> {
            if (!BakeKey.isHash(hash)) {
                throw new IllegalArgumentException(
                        "a snapshot is named by the hash of its bake key, not '" + hash + "'");
            }
        });
    }
}
