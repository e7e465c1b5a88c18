// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A private copy of a snapshot's scratch disk, for one machine to write to. It goes with the lease that it was made for.
 *
 * @param file a clone, if there is no base; else not there yet: whoever runs the machine makes an overlay there
 * @param base what the overlay lies over, which is never written to
 */
public record ScratchInstance(Path file, Optional<Path> base) {}
