// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.blob.DataChunks;
import dev.thaw.snapshot.blob.SparseFiles;
import dev.thaw.snapshot.disk.Pages;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Settles what a bake has written and publishes it. All that takes long is done in the draft's folder, without the store's lock.
 * The caller holds the bake lock.
 */
final class Settling {
    private final StoreFolder store;
    private final BlobFolder blobs;
    private final Publisher publisher;
    private final Step.Observer observer;

    Settling(StoreFolder store, Publisher publisher, Step.Observer observer) {
        this.store = store;
        this.blobs = store.blobs();
        this.publisher = publisher;
        this.observer = observer;
    }

    Snapshot publishLocked(Draft draft, Duration bakeDuration) {
        try {
            return publish(draft, bakeDuration);
        } catch (IOException e) {
            throw explain(draft, e);
        }
    }

    private Snapshot publish(Draft draft, Duration bakeDuration) throws IOException {
        for (Path raw : draft.raw().values()) {
            requireWritten(draft, raw);
        }
        requireWritten(draft, draft.deviceState());
        Map<SnapshotFile, Settled.Sparse> sparse = settleSparse(draft);
        observer.reached(Step.MEMORY_SETTLED);
        Blob deviceState = settleDeviceState(draft.deviceState());
        while (true) {
            Map<SnapshotFile, Blob> files = new EnumMap<>(SnapshotFile.class);
            sparse.forEach((name, file) -> files.put(name, file.blob()));
            files.put(SnapshotFile.DEVICE_STATE, deviceState);
            Map<Blob, Path> others = new HashMap<>(Map.of(deviceState, draft.deviceState()));
            others.putAll(settleParts(draft, files));
            Manifest manifest =
                    new Manifest(draft.key(), Optional.empty(), files, Instant.now(), bakeDuration, draft.notes());
            Optional<Snapshot> published =
                    publisher.publish(new Settled(manifest, List.copyOf(sparse.values()), others));
            if (published.isPresent()) {
                return published.get();
            }
        }
    }

    private static void requireWritten(Draft draft, Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) == 0) {
            throw new SnapshotException(
                    "The bake of " + SnapshotId.of(draft.key()).abbreviated()
                            + " ended without writing " + file
                            + ": there is no such file, or it is empty. Nothing was kept.");
        }
    }

    private Map<SnapshotFile, Settled.Sparse> settleSparse(Draft draft) throws IOException {
        Map<SnapshotFile, Settled.Sparse> settled = new EnumMap<>(SnapshotFile.class);
        for (Map.Entry<SnapshotFile, Path> raw : draft.raw().entrySet()) {
            settled.put(raw.getKey(), settleSparse(draft, raw.getKey(), raw.getValue()));
        }
        return settled;
    }

    private Settled.Sparse settleSparse(Draft draft, SnapshotFile name, Path raw) throws IOException {
        Path file = draft.folder().resolve(name.label());
        PrivateFiles.createFile(file);
        // Engines need not leave holes in memory, and no engine has so much of it.
        SparseFiles.Content content = name == SnapshotFile.MEMORY
                ? SparseFiles.copy(raw, file)
                : SparseFiles.copy(raw, file, DataChunks.of(raw));
        Files.delete(raw);
        return Settled.Sparse.of(content, file);
    }

    /** What an engine wrote: private, synced, and named. */
    static Blob settleDeviceState(Path written) throws IOException {
        PrivateFiles.restrictFile(written);
        PrivateFiles.syncFile(written);
        return BlobFolder.whole(written);
    }

    /** What the store has already is neither read nor copied again. Returns what it does not have. */
    private Map<Blob, Path> settleParts(Draft draft, Map<SnapshotFile, Blob> files) throws IOException {
        Map<Blob, Path> missing = new HashMap<>();
        for (Map.Entry<SnapshotFile, Draft.Part> entry : draft.parts().entrySet()) {
            Draft.Part part = entry.getValue();
            Blob blob = new Blob(Blob.Kind.WHOLE, part.sha256(), Files.size(part.file()));
            if (!blobs.isUnbroken(blob)) {
                Path link = draft.folder().resolve(entry.getKey().label());
                settlePart(part, blob, link);
                missing.put(blob, link);
            }
            files.put(entry.getKey(), blob);
        }
        return missing;
    }

    private static void settlePart(Draft.Part part, Blob expected, Path link) throws IOException {
        Files.deleteIfExists(link);
        BlobFolder.linkOrCopy(part.file(), link);
        PrivateFiles.syncFile(link);
        String found = BlobFolder.whole(link).sha256();
        if (!found.equals(expected.sha256())) {
            throw new IOException(part.file() + " has SHA-256 " + found + ", expected " + expected.sha256());
        }
    }

    private SnapshotException explain(Draft draft, IOException failure) {
        String what = "Can't keep snapshot " + SnapshotId.of(draft.key()).abbreviated();
        try {
            if (Failures.isDiskFull(store, failure)) {
                long needed = 0;
                for (Map.Entry<SnapshotFile, Path> raw : draft.raw().entrySet()) {
                    // Gives back what was written so far, so that the numbers are those of the next try.
                    if (Files.exists(raw.getValue())) {
                        Files.deleteIfExists(draft.folder().resolve(raw.getKey().label()));
                        needed += SparseFiles.read(raw.getValue()).dataBytes();
                    }
                }
                needed = Math.max(needed, Pages.BYTES);
                return new DiskFullException(what, store.root(), needed, Failures.freeBytes(store.root()), failure);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return new SnapshotException(what + " in " + store.root() + ": " + failure, failure);
    }
}
