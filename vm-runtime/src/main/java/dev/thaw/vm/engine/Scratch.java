// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.engine;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A disk that a machine writes to, and nobody else.
 *
 * @param file the disk itself; if there is a base, it does not exist yet, and the engine makes it an overlay over that
 * @param base a disk that is never written to; empty if there is no overlay
 * @param bytes how large the disk is, a multiple of 4096
 */
public record Scratch(Path file, Optional<Path> base, long bytes) {
    /** In what changes of an overlay are told. */
    public static final int PAGE_BYTES = ChangedMemory.PAGE_BYTES;
}
