// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
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

    /** Removes a file or folder. It is gone from its place when this returns; what is not there is fine. */
    void take(Path path) throws IOException {
        putAside(path).ifPresent(this::delete);
    }

    /** The quick half, for those who hold a lock: what comes back is to be deleted later. Empty if it is gone already. */
    Optional<Path> putAside(Path path) throws IOException {
        Path target = store.trash().resolve(UUID.randomUUID().toString());
        try {
            Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
            return Optional.of(target);
        } catch (NoSuchFileException e) {
            LOG.debug("{} is gone already", path);
            return Optional.empty();
        } catch (IOException e) {
            if (!Failures.saysDiskFull(e)) {
                throw e;
            }
            // XFS has no room for one more name in the trash; deleting takes none.
            LOG.debug("{} is deleted at once", path, e);
            PrivateFiles.deleteTree(path);
            return Optional.empty();
        }
    }

    /** The slow half. What can't be deleted stays for the next time. */
    void delete(Path aside) {
        try {
            PrivateFiles.deleteTree(aside);
        } catch (IOException e) {
            LOG.warn("Can't delete {}; it is tried again when the store is opened next", aside, e);
        }
    }

    /** Deletes what is left in the trash. */
    void empty() throws IOException {
        PrivateFiles.list(store.trash()).forEach(this::delete);
    }
}
