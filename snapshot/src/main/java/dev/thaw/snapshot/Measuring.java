// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.clone.BlockUse;
import dev.thaw.snapshot.clone.FileBlocks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what blobs take. Where files can share blocks the file system is asked, as it alone knows what has become of a
 * file's siblings; otherwise, and where it does not tell, the seals say it. Thread-safe.
 */
final class Measuring {
    private static final Logger LOG = LoggerFactory.getLogger(Measuring.class);

    /** Together: some tens of megabytes of heap. What is beyond goes by the seals. */
    private static final int MAX_RANGES = 1 << 20;

    private final StoreFolder store;
    private final BlobFolder blobs;
    private final FileBlocks blocks;

    Measuring(StoreFolder store, FileBlocks blocks) {
        this.store = store;
        this.blobs = store.blobs();
        this.blocks = blocks;
    }

    /** What the file system tells of the files of these snapshots; takes up to some milliseconds a file. */
    BlobSizes measure(Collection<Snapshot> snapshots) {
        return new BlobSizes(blocks.clones().available() ? ask(snapshots) : Map.of());
    }

    private Map<Blob, BlobSizes.Size> ask(Collection<Snapshot> snapshots) {
        Map<Blob, BlobSizes.Size> sizes = new HashMap<>();
        int ranges = 0;
        for (Blob blob : Inventory.references(snapshots).keySet()) {
            Optional<BlobSizes.Size> size = measure(store.blob(blob));
            if (size.isPresent() && ranges + size.get().shared().size() <= MAX_RANGES) {
                ranges += size.get().shared().size();
                sizes.put(blob, size.get());
            }
        }
        return sizes;
    }

    private Optional<BlobSizes.Size> measure(Path file) {
        try {
            BlockUse use = blocks.use(file);
            return use.shared()
                    .map(shared -> new BlobSizes.Size(use.allocation().privateBytes(), shared));
        } catch (IOException e) {
            LOG.debug("What {} takes can't be told", file, e);
            return Optional.empty();
        }
    }

    /** Adds, by their seals, those that were not measured; that is quick. */
    void complete(BlobSizes sizes, Collection<Snapshot> snapshots) throws IOException {
        for (Blob blob : Inventory.references(snapshots).keySet()) {
            if (!sizes.isKnown(blob)) {
                sizes.tell(blob, blobs.dataBytes(blob));
            }
        }
    }
}
