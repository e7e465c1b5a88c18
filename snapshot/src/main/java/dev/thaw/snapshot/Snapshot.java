// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A frozen machine in a store. Its files are never written to: engines map the memory privately. Immutable.
 *
 * @param id its name
 * @param manifest what it is
 * @param store the store's folder
 */
public record Snapshot(SnapshotId id, Manifest manifest, Path store) {

    /** What was baked; for one that was taken of a running machine, what that machine was restored from. */
    public BakeKey key() {
        return manifest.key();
    }

    /** Where a part of it is; empty if it has no such part. */
    public Optional<Path> path(SnapshotFile part) {
        return Optional.ofNullable(manifest.files().get(part)).map(blob -> new StoreFolder(store).blob(blob));
    }

    /** The guest's memory, a sparse file as long as the guest's memory is large. */
    public Path memory() {
        return path(SnapshotFile.MEMORY).orElseThrow();
    }

    /** What the engine wrote of processors and devices. */
    public Path deviceState() {
        return path(SnapshotFile.DEVICE_STATE).orElseThrow();
    }
}
