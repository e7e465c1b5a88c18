// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.clone.Allocation;
import dev.thaw.snapshot.clone.BlockUse;
import dev.thaw.snapshot.clone.FileBlocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Counts the blocks of snapshots, each block once. For one thread; used once. */
final class BlockCount {
    private static final BlockUse NOTHING = new BlockUse(new Allocation(0, 0), Optional.of(List.of()));

    private final StoreFolder store;
    private final FileBlocks blocks;
    private final Map<Blob, Integer> references;
    private final Map<Blob, BlockUse> uses = new HashMap<>();
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
            uses.put(blob, blocks.use(file));
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
            Allocation allocation = uses.getOrDefault(blob, NOTHING).allocation();
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
        if (uses.values().stream().anyMatch(use -> use.shared().isEmpty())) {
            reason = "This system does not tell which blocks files have in common, so there is no sum.";
            return OptionalLong.empty();
        }
        Map<Blob, BlobSizes.Size> each = new HashMap<>();
        uses.forEach((blob, use) -> each.put(
                blob,
                new BlobSizes.Size(use.allocation().privateBytes(), use.shared().orElseThrow())));
        BlobSizes sizes = new BlobSizes(each);
        each.keySet().forEach(sizes::add);
        return OptionalLong.of(sizes.bytes());
    }
}
