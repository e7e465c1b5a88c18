// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.nio.file.Path;

/**
 * A published snapshot. Its files are never written to: engines map the memory privately. Immutable.
 *
 * @param folder where it is
 * @param manifest what it is
 */
public record Snapshot(Path folder, Manifest manifest) {
    static final String MEMORY = "memory";
    static final String DEVICE_STATE = "device-state";
    static final String MANIFEST = "manifest.json";

    public BakeKey key() {
        return manifest.key();
    }

    /** The guest's memory, a sparse file as long as the guest's memory is large. */
    public Path memory() {
        return folder.resolve(MEMORY);
    }

    /** What the engine wrote of processors and devices. */
    public Path deviceState() {
        return folder.resolve(DEVICE_STATE);
    }
}
