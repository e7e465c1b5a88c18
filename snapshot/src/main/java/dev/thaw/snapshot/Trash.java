// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removal: by renaming, which is atomic, and then deleting. Whoever has a file open or mapped keeps it. What a crash
 * leaves here is deleted when the next store is opened.
 */
final class Trash {
    private static final Logger LOG = LoggerFactory.getLogger(Trash.class);

    private final StoreFolder store;

    Trash(StoreFolder store) {
        this.store = store;
    }

    /** Takes the folder out of its place. It is gone from there when this returns; what is not there is fine. */
    void take(Path folder) throws IOException {
        Path target = store.trash().resolve(UUID.randomUUID().toString());
        try {
            Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            LOG.debug("{} is gone already", folder);
            return;
        }
        delete(target);
    }

    /** Deletes what is left in the trash. */
    void empty() throws IOException {
        for (Path entry : PrivateFiles.list(store.trash())) {
            delete(entry);
        }
    }

    private static void delete(Path entry) {
        try {
            PrivateFiles.deleteTree(entry);
        } catch (IOException e) {
            LOG.warn("Can't delete {}; it is tried again when the store is opened next", entry, e);
        }
    }
}
