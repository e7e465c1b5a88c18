// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.blob.ChangedFile;
import dev.thaw.snapshot.blob.SparseFiles;
import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.PrivateFiles;
import dev.thaw.snapshot.disk.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Makes snapshots of machines that run: what they were restored from, with the pages that have changed. Thread-safe.
 */
final class Checkpoints {
    private static final Duration OWN_LOCK_TIMEOUT = Duration.ofSeconds(5);

    private final StoreFolder store;
    private final BakeLocks locks;
    private final Drafts drafts;
    private final Publisher publisher;
    private final FileBlocks blocks;
    private final Step.Observer observer;

    Checkpoints(
            StoreFolder store,
            BakeLocks locks,
            Drafts drafts,
            Publisher publisher,
            FileBlocks blocks,
            Step.Observer observer) {
        this.store = store;
        this.locks = locks;
        this.drafts = drafts;
        this.publisher = publisher;
        this.blocks = blocks;
        this.observer = observer;
    }

    <X extends Exception> Snapshot take(Snapshot parent, Lease owner, Checkpointing<X> checkpointing) throws X {
        SnapshotId draftId = newDraftId();
        BakeLock lock = locks.lock(draftId, OWN_LOCK_TIMEOUT, "taking a checkpoint");
        try {
            Path folder = store.newDraft(draftId);
            try {
                return take(parent, owner, checkpointing, folder);
            } finally {
                drafts.end(folder);
            }
        } finally {
            lock.delete();
        }
    }

    /** The name of the result is known at its end only, and drafts are guarded by a lock from their beginning. */
    private static SnapshotId newDraftId() {
        byte[] random = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
        return new SnapshotId(Sha256.of(random));
    }

    private <X extends Exception> Snapshot take(
            Snapshot parent, Lease owner, Checkpointing<X> checkpointing, Path folder) throws X {
        try (ChangedFile memory = copyMemory(parent, folder);
                ScratchDraft scratch = prepareScratch(parent, folder)) {
            observer.reached(Step.MEMORY_COPIED);
            long start = System.nanoTime();
            CheckpointDraft draft = new CheckpointDraft(
                    folder, memory, scratch, parent.manifest().notes());
            checkpointing.take(draft);
            Written written = new Written(draft, memory, scratch);
            return publish(parent, owner, written, Duration.ofNanos(System.nanoTime() - start));
        }
    }

    private ChangedFile copyMemory(Snapshot parent, Path folder) {
        try {
            PrivateFiles.createFolder(folder);
            BlobFolder blobs = store.blobs();
            Blob memory = parent.manifest().file(SnapshotFile.MEMORY);
            SparseFiles.Content before = blobs.content(memory);
            return ChangedFile.copy(parent.memory(), before, blocks, folder.resolve(SnapshotFile.MEMORY.label()));
        } catch (IOException e) {
            throw Failures.explain(store, "copy the memory of", parent.id(), e);
        }
    }

    private ScratchDraft prepareScratch(Snapshot parent, Path folder) {
        try {
            return ScratchDraft.of(parent, store.blobs(), blocks, folder);
        } catch (IOException e) {
            throw Failures.explain(store, "copy the scratch disk of", parent.id(), e);
        }
    }

    /** What has been written. */
    private record Written(CheckpointDraft draft, ChangedFile memory, ScratchDraft scratch) {}

    private Snapshot publish(Snapshot parent, Lease owner, Written written, Duration duration) {
        try {
            return settle(parent, owner, written, duration);
        } catch (IOException e) {
            throw Failures.explain(store, "keep the checkpoint of", parent.id(), e);
        }
    }

    private Snapshot settle(Snapshot parent, Lease owner, Written written, Duration duration) throws IOException {
        CheckpointDraft draft = written.draft;
        Map<SnapshotFile, Blob> files = new EnumMap<>(parent.manifest().files());
        List<Settled.Sparse> sparse = new ArrayList<>();
        Settled.Sparse memory = Settled.Sparse.of(written.memory.finish(), written.memory.path());
        sparse.add(memory);
        files.put(SnapshotFile.MEMORY, memory.blob());
        written.scratch.finish().ifPresent(scratch -> {
            sparse.add(scratch);
            files.put(SnapshotFile.SCRATCH, scratch.blob());
        });
        Blob deviceState = Settling.settleDeviceState(draft.deviceState());
        files.put(SnapshotFile.DEVICE_STATE, deviceState);
        Manifest manifest =
                new Manifest(parent.key(), Optional.of(parent.id()), files, Instant.now(), duration, draft.notes());
        observer.reached(Step.CHECKPOINT_SETTLED);
        // Nobody but its owner can ask for it, so there is no moment at which it may be without a lease.
        owner.use(manifest.id());
        try {
            return publisher
                    .publish(new Settled(manifest, sparse, Map.of(deviceState, draft.deviceState())))
                    .orElseThrow(() ->
                            new IOException("what snapshot " + parent.id() + " consists of is not there any more"));
        } catch (IOException | RuntimeException e) {
            release(owner, manifest.id(), e);
            throw e;
        }
    }

    private static void release(Lease owner, SnapshotId id, Exception failure) {
        try {
            owner.release(id);
        } catch (SnapshotException e) {
            failure.addSuppressed(e);
        }
    }
}
