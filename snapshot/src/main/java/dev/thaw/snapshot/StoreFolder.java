// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What is where in a store. All on one file system, as things are published and thrown away by renaming.
 *
 * @param root the store's folder, a real path
 */
record StoreFolder(Path root) {
    /** Opens or creates the folder; refuses one that others could have tampered with. */
    static StoreFolder open(Path folder) throws IOException {
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            throw new SnapshotException("The store " + folder + " needs a file system with POSIX owners and modes");
        }
        StoreFolder store = new StoreFolder(OwnFolder.open(folder, "store", "thaw.home"));
        for (Path part : new Path[] {store.snapshots(), store.drafts(), store.trash(), store.locks(), store.leases()}) {
            PrivateFiles.createFolders(part);
        }
        return store;
    }

    /** Published snapshots, each in a folder named by its key's hash. */
    Path snapshots() {
        return root.resolve("snapshots");
    }

    Path snapshot(String sha256) {
        return snapshots().resolve(sha256);
    }

    /** Bakes in progress; see {@link #newDraft}. */
    Path drafts() {
        return root.resolve("drafts");
    }

    /** A name for a draft of this key, not created yet. It begins with the key: its bake lock guards it. */
    Path newDraft(BakeKey key) {
        return drafts().resolve(key.sha256() + "-" + UUID.randomUUID());
    }

    /** What waits to be deleted. */
    Path trash() {
        return root.resolve("trash");
    }

    Path locks() {
        return root.resolve("locks");
    }

    /** The bake lock of a key. These files are never deleted: somebody may be waiting with one open. */
    Path lock(String sha256) {
        return locks().resolve(sha256 + ".lock");
    }

    Path leases() {
        return root.resolve("leases");
    }
}
