// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What running machines write to: each in a folder that is named as the lease that it goes with. The lease is there before the
 * folder, and goes after it, so a folder without one belongs to nobody. Thread-safe.
 */
final class Instances {
    private static final Logger LOG = LoggerFactory.getLogger(Instances.class);

    private final StoreFolder store;
    private final FileBlocks blocks;
    private final Trash trash;

    Instances(StoreFolder store, FileBlocks blocks, Trash trash) {
        this.store = store;
        this.blocks = blocks;
        this.trash = trash;
    }

    /** A copy of the snapshot's scratch disk; empty if it has none. */
    Optional<ScratchInstance> create(Snapshot snapshot, String lease) throws IOException {
        Optional<Path> blob = snapshot.path(SnapshotFile.SCRATCH);
        if (blob.isEmpty()) {
            return Optional.empty();
        }
        Path folder = store.instance(lease);
        PrivateFiles.createFolder(folder);
        Path file = folder.resolve(SnapshotFile.SCRATCH.label());
        if (!blocks.clones().available()) {
            return Optional.of(new ScratchInstance(file, blob));
        }
        blocks.cloneFile(blob.get(), file);
        return Optional.of(new ScratchInstance(file, Optional.empty()));
    }

    /** Removes what goes with a lease that ends. */
    void remove(String lease) throws IOException {
        // Names come from the files of leases; one such as ".." would lead elsewhere.
        if (!lease.isEmpty() && !lease.startsWith(".")) {
            trash.take(store.instance(lease));
        }
    }

    /** Removes what is left of leases that have gone. */
    void sweep() throws IOException {
        for (Path folder : PrivateFiles.list(store.instances())) {
            Path lease = LeaseFolder.file(store.leases(), folder.getFileName().toString());
            if (!Files.exists(lease, LinkOption.NOFOLLOW_LINKS)) {
                LOG.debug("{} belongs to no lease", folder);
                trash.take(folder);
            }
        }
    }
}
