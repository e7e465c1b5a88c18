// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.blob.SparseFiles;
import dev.thaw.snapshot.disk.MemoryFiles;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settles a draft into blobs and puts its manifest on the shelf. The caller holds the bake lock; the store's lock is shared only
 * while names change.
 */
final class Publisher {
    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);

    private final StoreFolder store;
    private final BlobFolder blobs;
    private final StoreLock lock;
    private final Step.Observer observer;

    Publisher(StoreFolder store, StoreLock lock, Step.Observer observer) {
        this.store = store;
        this.blobs = store.blobs();
        this.lock = lock;
        this.observer = observer;
    }

    /** After a crash at any point the snapshot is there as a whole, or not at all. */
    Snapshot publishLocked(Draft draft, Duration bakeDuration) {
        try {
            return publish(draft, bakeDuration);
        } catch (IOException e) {
            throw explain(draft, e);
        }
    }

    private Snapshot publish(Draft draft, Duration bakeDuration) throws IOException {
        requireWritten(draft, draft.rawMemory());
        requireWritten(draft, draft.deviceState());
        Path memory = draft.folder().resolve(SnapshotFile.MEMORY.label());
        SparseFiles.Content content = settleMemory(draft.rawMemory(), memory);
        observer.reached(Step.MEMORY_SETTLED);
        Map<SnapshotFile, Blob> files = new EnumMap<>(SnapshotFile.class);
        files.put(SnapshotFile.MEMORY, BlobFolder.chunked(content.chunks()));
        files.put(SnapshotFile.DEVICE_STATE, settleDeviceState(draft.deviceState()));
        while (true) {
            Map<Blob, Path> more = settleParts(draft, files);
            Optional<Snapshot> published = lock.sharing(() -> {
                if (!areThere(files, more)) {
                    return Optional.empty();
                }
                blobs.put(content, memory);
                blobs.put(files.get(SnapshotFile.DEVICE_STATE), draft.deviceState());
                return Optional.of(putLocked(draft, files, more, bakeDuration));
            });
            if (published.isPresent()) {
                return published.get();
            }
            LOG.debug("A sweep has removed what was there just now");
        }
    }

    private boolean areThere(Map<SnapshotFile, Blob> files, Map<Blob, Path> more) {
        return files.entrySet().stream()
                .filter(file -> file.getKey() != SnapshotFile.MEMORY && file.getKey() != SnapshotFile.DEVICE_STATE)
                .map(Map.Entry::getValue)
                .allMatch(blob -> more.containsKey(blob) || Files.exists(store.blob(blob)));
    }

    /** The manifest comes last, when all that it refers to would survive a power cut. */
    private Snapshot putLocked(Draft draft, Map<SnapshotFile, Blob> files, Map<Blob, Path> more, Duration bakeDuration)
            throws IOException {
        for (Map.Entry<Blob, Path> blob : more.entrySet()) {
            blobs.put(blob.getKey(), blob.getValue());
        }
        blobs.sync();
        observer.reached(Step.BLOBS_PUT);
        Manifest manifest =
                new Manifest(draft.key(), Optional.empty(), files, Instant.now(), bakeDuration, draft.notes());
        Snapshot snapshot = new Snapshot(manifest.id(), manifest, store.root());
        PrivateFiles.replace(store.manifest(snapshot.id()), ManifestFile.encode(manifest));
        observer.reached(Step.PUBLISHED);
        return snapshot;
    }

    private static void requireWritten(Draft draft, Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) == 0) {
            throw new SnapshotException(
                    "The bake of " + SnapshotId.of(draft.key()).abbreviated()
                            + " ended without writing " + file
                            + ": there is no such file, or it is empty. Nothing was kept.");
        }
    }

    private static SparseFiles.Content settleMemory(Path raw, Path memory) throws IOException {
        PrivateFiles.createFile(memory);
        SparseFiles.Content content = SparseFiles.copy(raw, memory);
        Files.delete(raw);
        return content;
    }

    private static Blob settleDeviceState(Path written) throws IOException {
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
                // Gives back what was written so far, so that the numbers are those of the next try.
                Files.deleteIfExists(draft.folder().resolve(SnapshotFile.MEMORY.label()));
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
