// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folders of bakes in progress. A draft is alive as long as somebody has its key's bake lock, which the kernel
 * takes from the dead.
 */
final class Drafts {
    private static final Logger LOG = LoggerFactory.getLogger(Drafts.class);

    private final StoreFolder store;
    private final BakeLocks locks;
    private final Trash trash;

    Drafts(StoreFolder store, BakeLocks locks, Trash trash) {
        this.store = store;
        this.locks = locks;
        this.trash = trash;
    }

    Draft startLocked(BakeKey key) throws IOException {
        Path folder = store.newDraft(SnapshotId.of(key));
        PrivateFiles.createFolder(folder);
        return new Draft(key, folder);
    }

    /** Never throws: that would hide what the bake has thrown, or undo what it has achieved. */
    void end(Path folder) {
        try {
            trash.take(folder);
        } catch (IOException e) {
            LOG.warn("Can't remove the draft {}; it is tried again when the store is opened next", folder, e);
        }
    }

    /**
     * Throws away the drafts of processes that have died.
     *
     * @param locked the snapshot whose bake lock the caller has, if any; its drafts are all dead
     */
    void sweep(Optional<SnapshotId> locked) throws IOException {
        for (Path draft : PrivateFiles.list(store.drafts())) {
            String id = draft.getFileName().toString().split("-", 2)[0];
            if (locked.map(SnapshotId::sha256).filter(id::equals).isPresent()) {
                trash.take(draft);
            } else if (BakeKey.isHash(id)) {
                sweepUnlessLocked(draft, new SnapshotId(id));
            }
        }
    }

    private void sweepUnlessLocked(Path draft, SnapshotId id) throws IOException {
        Optional<BakeLock> attempt = locks.attempt(id);
        if (attempt.isPresent()) {
            BakeLock lock = attempt.get();
            try {
                trash.take(draft);
            } finally {
                lock.close();
            }
        }
    }
}
