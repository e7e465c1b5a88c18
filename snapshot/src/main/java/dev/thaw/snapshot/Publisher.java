// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.MemoryFiles;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;

/** Settles a draft into its final form and puts it on the shelf. The caller holds the key's bake lock. */
final class Publisher {
    private final StoreFolder store;
    private final Trash trash;
    private final Step.Observer observer;

    Publisher(StoreFolder store, Trash trash, Step.Observer observer) {
        this.store = store;
        this.trash = trash;
        this.observer = observer;
    }

    /** After a crash at any point the snapshot is there as a whole, or not at all. */
    Snapshot publishLocked(Draft draft, Duration bakeDuration) {
        Path content = draft.folder().resolve("snapshot");
        try {
            return publish(draft, content, bakeDuration);
        } catch (IOException e) {
            throw explain(draft, content, e);
        }
    }

    private Snapshot publish(Draft draft, Path content, Duration bakeDuration) throws IOException {
        requireWritten(draft, draft.rawMemory());
        requireWritten(draft, draft.deviceState());
        PrivateFiles.createFolder(content);
        SealedFile memory = settleMemory(draft.rawMemory(), content.resolve(Snapshot.MEMORY));
        observer.reached(Step.MEMORY_SETTLED);
        SealedFile deviceState = settleDeviceState(draft.deviceState(), content.resolve(Snapshot.DEVICE_STATE));
        Manifest manifest = new Manifest(draft.key(), memory, deviceState, Instant.now(), bakeDuration, draft.notes());
        PrivateFiles.writeNew(content.resolve(Snapshot.MANIFEST), ManifestFile.encode(manifest));
        PrivateFiles.syncFolder(content);
        observer.reached(Step.MANIFEST_WRITTEN);
        Path place = store.snapshot(draft.key().sha256());
        // One of another version of the format may be there: it was a miss, and this replaces it.
        trash.take(place);
        Files.move(content, place, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.syncFolder(store.snapshots());
        observer.reached(Step.PUBLISHED);
        return new Snapshot(place, manifest);
    }

    private static void requireWritten(Draft draft, Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) == 0) {
            throw new SnapshotException("The bake of " + draft.key().shortHash() + " ended without writing " + file
                    + ": there is no such file, or it is empty. Nothing was kept.");
        }
    }

    private static SealedFile settleMemory(Path raw, Path memory) throws IOException {
        PrivateFiles.createFile(memory);
        MemoryFiles.Copied copied = MemoryFiles.copySparsely(raw, memory);
        Files.delete(raw);
        return Seals.seal(memory, copied.sha256());
    }

    private static SealedFile settleDeviceState(Path written, Path deviceState) throws IOException {
        PrivateFiles.restrictFile(written);
        PrivateFiles.syncFile(written);
        Files.move(written, deviceState, StandardCopyOption.ATOMIC_MOVE);
        return Seals.seal(deviceState, MemoryFiles.sha256(deviceState));
    }

    private SnapshotException explain(Draft draft, Path content, IOException failure) {
        String what = "Can't keep snapshot " + draft.key().shortHash();
        try {
            if (Failures.isDiskFull(store, failure)) {
                // Gives back what was written so far, so that the numbers are those of the next try.
                PrivateFiles.deleteTree(content);
                Path raw = draft.rawMemory();
                long needed = Files.exists(raw) ? MemoryFiles.dataBytes(raw) : MemoryFiles.PAGE_BYTES;
                return new DiskFullException(what, store.root(), needed, Failures.freeBytes(store.root()), failure);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return new SnapshotException(what + " in " + store.root() + ": " + failure, failure);
    }
}
