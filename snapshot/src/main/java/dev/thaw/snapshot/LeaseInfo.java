// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a lease is for. Immutable.
 *
 * @param purpose for people, one line: which test, which machine; at most 1000 characters are kept
 * @param runFolder a folder that goes when the owner goes; directly below the run root, and need not exist yet
 * @param snapshot the snapshot that is used, if any
 */
public record LeaseInfo(String purpose, Path runFolder, Optional<SnapshotId> snapshot) {
    private static final int MAX_PURPOSE_CHARS = 1000;

    /** Makes the folder's path absolute. */
    public LeaseInfo {
        purpose = purpose.substring(0, Math.min(purpose.length(), MAX_PURPOSE_CHARS));
        runFolder = runFolder.toAbsolutePath().normalize();
    }
}
