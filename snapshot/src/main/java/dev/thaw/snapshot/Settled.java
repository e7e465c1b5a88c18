// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.SparseFiles;
import java.nio.file.Path;
import java.util.Map;

/**
 * Files that are written, synced and hashed, and lie beside the blobs that they are to become.
 *
 * @param manifest refers to them all
 * @param content what is in the memory file
 * @param memory the file
 * @param others the other files that the store does not have, as far as is known
 */
record Settled(Manifest manifest, SparseFiles.Content content, Path memory, Map<Blob, Path> others) {
    Settled {
        others = Map.copyOf(others);
    }
}
