// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.clone.Allocation;
import dev.thaw.snapshot.clone.ByteRange;
import dev.thaw.snapshot.clone.FileBlocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Counts the blocks of snapshots, each block once. For one thread; used once. */
final class BlockCount {
    private final StoreFolder store;
    private final FileBlocks blocks;
    private final Map<Blob, Integer> references;
    private final Map<Blob, Allocation> allocations = new HashMap<>();
    private final List<ByteRange> sharedRanges = new ArrayList<>();
    private boolean rangesAreKnown = true;
    private String reason = "";

    /**
     * Counts nothing yet.
     *
     * @param all snapshots that may have files in common with those that are counted
     */
    BlockCount(StoreFolder store, FileBlocks blocks, Collection<Snapshot> all) {
        this.store = store;
        this.blocks = blocks;
        this.references = Inventory.references(all);
    }

    DiskUsage count(List<Snapshot> snapshots) throws IOException {
        long apparentBytes = 0;
        for (Blob blob : Inventory.references(snapshots).keySet()) {
            apparentBytes += blob.lengthBytes();
            measure(blob);
        }
        List<DiskUsage.OfSnapshot> each = snapshots.stream().map(this::of).toList();
        return new DiskUsage(each, apparentBytes, total(), reason);
    }

    /** A file that is gone takes nothing: the check of snapshots is another command's. */
    private void measure(Blob blob) throws IOException {
        Path file = store.blob(blob);
        if (!reason.isEmpty() || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            allocations.put(blob, blocks.allocation(file));
            Optional<List<ByteRange>> ranges = blocks.sharedRanges(file);
            rangesAreKnown &= ranges.isPresent();
            ranges.ifPresent(sharedRanges::addAll);
        } catch (IOException e) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                reason = "What files take on disk can't be told: " + e.getMessage();
            }
        }
    }

    private DiskUsage.OfSnapshot of(Snapshot snapshot) {
        long apparentBytes = 0;
        long allocatedBytes = 0;
        long sharedBytes = 0;
        for (Blob blob : Set.copyOf(snapshot.manifest().files().values())) {
            Allocation allocation = allocations.getOrDefault(blob, new Allocation(0, 0));
            apparentBytes += blob.lengthBytes();
            allocatedBytes += allocation.allocatedBytes();
            sharedBytes +=
                    references.getOrDefault(blob, 1) > 1 ? allocation.allocatedBytes() : allocation.sharedBytes();
        }
        return new DiskUsage.OfSnapshot(
                snapshot,
                apparentBytes,
                reason.isEmpty() ? DiskUsage.Blocks.of(allocatedBytes, sharedBytes) : DiskUsage.Blocks.UNKNOWN);
    }

    private OptionalLong total() {
        if (!reason.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!rangesAreKnown) {
            reason = "This system does not tell which blocks files have in common, so there is no sum.";
            return OptionalLong.empty();
        }
        long own = allocations.values().stream()
                .mapToLong(Allocation::privateBytes)
                .sum();
        return OptionalLong.of(own + lengthOfUnion(sharedRanges));
    }

    /** The bytes that are in any of the ranges. */
    static long lengthOfUnion(Collection<ByteRange> ranges) {
        long length = 0;
        long end = 0;
        for (ByteRange range : ranges.stream()
                .sorted(Comparator.comparingLong(ByteRange::offset))
                .toList()) {
            length += Math.max(0, range.end() - Math.max(range.offset(), end));
            end = Math.max(end, range.end());
        }
        return length;
    }
}
