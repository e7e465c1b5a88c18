// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.util.List;
import java.util.Optional;

/**
 * What a file takes on disk, and where.
 *
 * @param allocation how much
 * @param shared where on the disk those blocks are that other files have, too, so that a block of several files can be told
 *     to be one. Offsets have no other meaning. Empty if the system does not tell
 */
public record BlockUse(Allocation allocation, Optional<List<ByteRange>> shared) {
    public BlockUse {
        shared = shared.map(List::copyOf);
    }
}
