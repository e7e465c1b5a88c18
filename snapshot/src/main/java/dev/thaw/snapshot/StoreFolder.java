// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.UUID;

/**
 * What is where in a store. All on one file system, as things are published and thrown away by renaming.
 *
 * @param root the store's folder, a real path
 */
record StoreFolder(Path root) {
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    /** Opens or creates the folder; refuses one that others could have tampered with. */
    static StoreFolder open(Path folder) throws IOException {
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            throw new SnapshotException("The store " + folder + " needs a file system with POSIX owners and modes");
        }
        PrivateFiles.createFolders(folder);
        StoreFolder store = new StoreFolder(folder.toRealPath());
        store.requireOwn();
        store.requirePrivate();
        for (Path part : new Path[] {store.snapshots(), store.drafts(), store.trash(), store.locks(), store.leases()}) {
            PrivateFiles.createFolders(part);
        }
        return store;
    }

    /** Whoever owns the files that this process creates is its user: the JDK has no other portable way to ask. */
    private void requireOwn() throws IOException {
        Path probe = root.resolve("probe-" + UUID.randomUUID());
        int owner = PrivateFiles.owner(root);
        int user;
        try {
            PrivateFiles.createFile(probe);
            user = PrivateFiles.owner(probe);
        } catch (IOException e) {
            throw new SnapshotException(
                    "Can't write to the store " + root + ", which belongs to user " + owner + ": " + e
                            + ". Choose another folder (thaw.home), or as root: chown -R USER " + root,
                    e);
        } finally {
            Files.deleteIfExists(probe);
        }
        if (user != owner) {
            throw new SnapshotException("The store " + root + " belongs to user " + owner
                    + ", and this process runs as user "
                    + user + ". Snapshots hold secrets and are mapped unread, so a store serves its owner alone. "
                    + "Choose another folder (thaw.home), or: chown -R " + user + " " + root);
        }
    }

    private void requirePrivate() throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(root);
        if (mode.stream().anyMatch(OTHERS_WRITE::contains)) {
            throw new SnapshotException("The store " + root
                    + " can be written to by other users, so what it holds can't be trusted. Empty it or make sure of its"
                    + " content, and then: chmod 700 " + root);
        }
        if (mode.size() > 3) {
            // Readable only: nothing can have been planted, but memory images are nobody else's business.
            PrivateFiles.restrictFolder(root);
        }
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
