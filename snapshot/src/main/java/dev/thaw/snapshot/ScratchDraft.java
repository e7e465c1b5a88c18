// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.blob.ChangedFile;
import dev.thaw.snapshot.blob.SparseFiles;
import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The scratch disk of a checkpoint. With clones it is a clone of the machine's; without, a copy of the parent's that what has
 * changed is written to. For one thread.
 */
final class ScratchDraft implements AutoCloseable {
    private final FileBlocks blocks;
    private final Path file;
    private final Optional<Blob> before;
    private final Optional<ChangedFile> copy;
    private boolean taken;

    private ScratchDraft(FileBlocks blocks, Path file, Optional<Blob> before, Optional<ChangedFile> copy) {
        this.blocks = blocks;
        this.file = file;
        this.before = before;
        this.copy = copy;
    }

    /** Prepares what can be prepared while the machine runs. */
    static ScratchDraft of(Snapshot parent, BlobFolder blobs, FileBlocks blocks, Path folder) throws IOException {
        Optional<Blob> before = Optional.ofNullable(parent.manifest().files().get(SnapshotFile.SCRATCH));
        Path file = folder.resolve(SnapshotFile.SCRATCH.label());
        if (before.isEmpty() || blocks.clones().available()) {
            return new ScratchDraft(blocks, file, before, Optional.empty());
        }
        SparseFiles.Content content = blobs.content(before.get());
        ChangedFile copy = ChangedFile.copy(blobs.path(before.get()), content, blocks, file);
        return new ScratchDraft(blocks, file, before, Optional.of(copy));
    }

    void take(Path clone) throws IOException {
        if (before.isEmpty() || copy.isPresent()) {
            throw new IllegalStateException("the machine has no scratch disk of its own to be cloned: " + clone);
        }
        blocks.cloneFile(clone, file);
        taken = true;
    }

    void write(long offset, ByteBuffer pages) throws IOException {
        changed().write(offset, pages);
    }

    void writeZeros(long offset, long count) throws IOException {
        changed().writeZeros(offset, count);
    }

    private ChangedFile changed() {
        return copy.orElseThrow(
                () -> new IllegalStateException("the machine has no scratch disk that lies over another"));
    }

    /** Syncs and hashes it; empty if the machine has none. */
    Optional<Settled.Sparse> finish() throws IOException {
        if (before.isEmpty()) {
            return Optional.empty();
        }
        if (copy.isPresent()) {
            return Optional.of(Settled.Sparse.of(copy.get().finish(), file));
        }
        if (!taken) {
            throw new IOException("the checkpoint has no scratch disk, and its parent has one");
        }
        PrivateFiles.syncFile(file);
        return Optional.of(Settled.Sparse.of(SparseFiles.read(file), file));
    }

    @Override
    public void close() {
        copy.ifPresent(ChangedFile::close);
    }
}
