// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Makes blobs of what has been settled, and puts the manifest on the shelf. The store's lock is shared while names change. */
final class Publisher {
    private final StoreFolder store;
    private final BlobFolder blobs;
    private final StoreLock lock;
    private final Sweep sweep;
    private final Step.Observer observer;

    Publisher(StoreFolder store, StoreLock lock, Sweep sweep, Step.Observer observer) {
        this.store = store;
        this.blobs = store.blobs();
        this.lock = lock;
        this.sweep = sweep;
        this.observer = observer;
    }

    /**
     * Publishes. After a crash at any point the snapshot is there as a whole, or not at all.
     *
     * @return empty if something that was not to be put has gone from the store; settle again
     */
    Optional<Snapshot> publish(Settled settled) throws IOException {
        try {
            return lock.sharing(() -> areThereLocked(settled) ? Optional.of(publishLocked(settled)) : Optional.empty());
        } catch (IOException e) {
            dropOrphans(e);
            throw e;
        }
    }

    /** A disk is not to be kept full by blobs that no snapshot refers to. With the lock alone: others may have found them. */
    private void dropOrphans(IOException failure) {
        try {
            sweep.dropOrphans();
        } catch (IOException | SnapshotException e) {
            failure.addSuppressed(e); // the next sweep does it
        }
    }

    private boolean areThereLocked(Settled settled) {
        return settled.manifest().files().values().stream()
                .allMatch(blob -> settled.brings(blob) || Files.exists(store.blob(blob)));
    }

    /** The manifest comes last, when all that it refers to would survive a power cut. */
    private Snapshot publishLocked(Settled settled) throws IOException {
        for (Settled.Sparse file : settled.sparse()) {
            blobs.put(file.content(), file.file());
        }
        for (Map.Entry<Blob, Path> other : settled.others().entrySet()) {
            blobs.put(other.getKey(), other.getValue());
        }
        blobs.sync();
        observer.reached(Step.BLOBS_PUT);
        Manifest manifest = settled.manifest();
        Snapshot snapshot = new Snapshot(manifest.id(), manifest, store.root());
        PrivateFiles.replace(store.manifest(snapshot.id()), ManifestFile.encode(manifest));
        observer.reached(Step.PUBLISHED);
        return snapshot;
    }
}
