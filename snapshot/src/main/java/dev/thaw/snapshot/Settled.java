// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.blob.SparseFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Files that are written, synced and hashed, and lie beside the blobs that they are to become.
 *
 * @param manifest refers to them all
 * @param sparse those that the machine has written: memory, and the scratch disk if it has one
 * @param others the other files that the store does not have, as far as is known
 */
record Settled(Manifest manifest, List<Sparse> sparse, Map<Blob, Path> others) {
    Settled {
        sparse = List.copyOf(sparse);
        others = Map.copyOf(others);
    }

    /**
     * A large file, mostly of holes.
     *
     * @param content what is in it
     * @param blob what it is to become; to name a large one takes milliseconds
     */
    record Sparse(SparseFiles.Content content, Path file, Blob blob) {
        static Sparse of(SparseFiles.Content content, Path file) {
            return new Sparse(content, file, BlobFolder.chunked(content.chunks()));
        }
    }

    /** Whether the blob is among the files. */
    boolean brings(Blob blob) {
        return others.containsKey(blob)
                || sparse.stream().anyMatch(file -> file.blob().equals(blob));
    }
}
