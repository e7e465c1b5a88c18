// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
    private final StoreLock storeLock;

    Instances(StoreFolder store, StoreLock storeLock, FileBlocks blocks, Trash trash) {
        this.store = store;
        this.storeLock = storeLock;
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
        if (!orphans().isEmpty()) {
            // Looked at again with the lock, as a lease that is being written anew is in another file from then on.
            storeLock
                    .alone("removing instances of no lease", this::putOrphansAside)
                    .forEach(trash::delete);
        }
    }

    private List<Path> putOrphansAside() throws IOException {
        List<Path> aside = new ArrayList<>();
        for (Path folder : orphans()) {
            LOG.debug("{} belongs to no lease", folder);
            trash.putAside(folder).ifPresent(aside::add);
        }
        return aside;
    }

    private List<Path> orphans() throws IOException {
        List<Path> folders = PrivateFiles.list(store.instances());
        Set<String> leases = folders.isEmpty() ? Set.of() : LeaseFolder.names(store.leases());
        return folders.stream()
                .filter(folder -> !leases.contains(folder.getFileName().toString()))
                .toList();
    }
}
