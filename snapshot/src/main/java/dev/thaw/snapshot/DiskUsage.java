// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.util.List;
import java.util.OptionalLong;

/**
 * What snapshots take on disk, as the file system tells it. Immutable.
 *
 * @param snapshots each by itself, in the order in which they were asked for
 * @param apparentBytes lengths of all their files, each file once
 * @param allocatedBytes what these files take, blocks that several of them share counted once; empty if that can't be told
 * @param reason why something can't be told; empty if all can
 */
public record DiskUsage(List<OfSnapshot> snapshots, long apparentBytes, OptionalLong allocatedBytes, String reason) {
    public DiskUsage {
        snapshots = List.copyOf(snapshots);
    }

    /**
     * Of one.
     *
     * @param snapshot the one that it is about
     * @param apparentBytes lengths of its files
     * @param blocks what they take; empty if that can't be told
     */
    public record OfSnapshot(Snapshot snapshot, long apparentBytes, Blocks blocks) {}

    /**
     * What files take.
     *
     * @param allocatedBytes in all their blocks; empty if that can't be told
     * @param sharedBytes those of them that are others', too: of other snapshots, or of files elsewhere that are clones; empty likewise
     */
    public record Blocks(OptionalLong allocatedBytes, OptionalLong sharedBytes) {
        static final Blocks UNKNOWN = new Blocks(OptionalLong.empty(), OptionalLong.empty());

        static Blocks of(long allocatedBytes, long sharedBytes) {
            return new Blocks(OptionalLong.of(allocatedBytes), OptionalLong.of(sharedBytes));
        }
    }
}
