// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.disk.FileState;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * What is where in a store. All on one file system, as things are published and thrown away by renaming.
 *
 * @param root the store's folder, a real path
 */
record StoreFolder(Path root) {
    private static final String LOCK = ".lock";

    /** Opens or creates the folder; refuses one that others could have tampered with. */
    static StoreFolder open(Path folder) throws IOException {
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            throw new SnapshotException("The store " + folder + " needs a file system with POSIX owners and modes");
        }
        StoreFolder store = new StoreFolder(OwnFolder.open(folder, "store", "thaw.home"));
        for (Path part : new Path[] {
            store.manifests(),
            store.uses(),
            store.pins(),
            store.drafts(),
            store.trash(),
            store.locks(),
            store.leases(),
            store.instances()
        }) {
            PrivateFiles.createFolders(part);
        }
        BlobFolder.open(store.root);
        return store;
    }

    BlobFolder blobs() {
        return BlobFolder.of(root);
    }

    Path blob(Blob blob) {
        return blobs().path(blob);
    }

    /** Which file is there for the blob; empty if none is. */
    Optional<FileState.Id> fileId(Blob blob) throws IOException {
        return FileState.find(blob(blob)).map(FileState::id);
    }

    /** What snapshots are, a file for each. */
    Path manifests() {
        return root.resolve("snapshots");
    }

    Path manifest(SnapshotId id) {
        return manifests().resolve(id + ".json");
    }

    /** When snapshots were used last: files without content, whose time of change says it. */
    Path uses() {
        return root.resolve("uses");
    }

    Path use(SnapshotId id) {
        return uses().resolve(id.sha256());
    }

    /** Which snapshots are never swept: files without content. */
    Path pins() {
        return root.resolve("pins");
    }

    Path pin(SnapshotId id) {
        return pins().resolve(id.sha256());
    }

    /** Bakes in progress; see {@link #newDraft}. */
    Path drafts() {
        return root.resolve("drafts");
    }

    /** A name for a draft of this snapshot, not created yet. It begins with the id: its bake lock guards it. */
    Path newDraft(SnapshotId id) {
        return drafts().resolve(id + "-" + UUID.randomUUID());
    }

    /** What waits to be deleted. */
    Path trash() {
        return root.resolve("trash");
    }

    Path locks() {
        return root.resolve("locks");
    }

    /**
     * The bake lock of a key. Only who has it deletes the file, and somebody may be waiting with it open: whoever has locked
     * one has to look whether it still has its name.
     */
    Path lock(SnapshotId id) {
        return locks().resolve(id + LOCK);
    }

    /** Whose bake lock a file is; empty if it is none. */
    Optional<SnapshotId> lockedBy(Path file) {
        String name = file.getFileName().toString();
        String id = name.endsWith(LOCK) ? name.substring(0, name.length() - LOCK.length()) : "";
        return BakeKey.isHash(id) ? Optional.of(new SnapshotId(id)) : Optional.empty();
    }

    /** The lock that keeps removal and use apart. */
    Path storeLock() {
        return locks().resolve("store.lock");
    }

    /** Held by the process that sweeps because it is time to. */
    Path sweepLock() {
        return locks().resolve("sweep.lock");
    }

    /** Its time of change is when the store was swept last because it was time to. */
    Path swept() {
        return root.resolve("swept");
    }

    Path leases() {
        return root.resolve("leases");
    }

    /** What running machines write to. */
    Path instances() {
        return root.resolve("instances");
    }

    /** What goes with the lease of that name. */
    Path instance(String lease) {
        return instances().resolve(lease);
    }
}
