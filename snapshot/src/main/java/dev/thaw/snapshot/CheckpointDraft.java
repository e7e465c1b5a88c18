// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.ChangedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.NavigableMap;

/** A checkpoint in the making. For the thread that takes it, until {@link Checkpointing#take} returns. */
public final class CheckpointDraft {
    private final Path folder;
    private final ChangedFile memory;
    private final ScratchDraft scratch;
    private NavigableMap<String, String> notes;

    CheckpointDraft(Path folder, ChangedFile memory, ScratchDraft scratch, NavigableMap<String, String> notes) {
        this.folder = folder;
        this.memory = memory;
        this.scratch = scratch;
        this.notes = notes;
    }

    /** Where the state of processors and devices goes. It does not exist yet. */
    public Path deviceState() {
        return folder.resolve(SnapshotFile.DEVICE_STATE.label());
    }

    /**
     * Writes pages over those that the machine began with. What has not changed after all is told apart.
     *
     * @param offset in the memory, a multiple of 4096
     * @param pages whole pages; all of it is taken
     * @throws IllegalArgumentException if it is not whole pages, or beyond the memory's end
     */
    public void writeMemory(long offset, ByteBuffer pages) throws IOException {
        memory.write(offset, pages);
    }

    /**
     * Takes the scratch disk of a machine that stands still and has it as a clone of its own.
     *
     * @param file what {@link Lease#scratch} has given, without a base
     */
    public void cloneScratch(Path file) throws IOException {
        scratch.take(file);
    }

    /**
     * Writes pages over those that the scratch disk began with; for a machine that has it as an overlay.
     *
     * @param offset in the disk, a multiple of 4096
     * @param pages whole pages; all of it is taken
     * @throws IllegalArgumentException if it is not whole pages, or beyond the disk's end
     */
    public void writeScratch(long offset, ByteBuffer pages) throws IOException {
        scratch.write(offset, pages);
    }

    /** Makes whole pages of the scratch disk zeros; for a machine that has it as an overlay. */
    public void zeroScratch(long offset, long count) throws IOException {
        scratch.writeZeros(offset, count);
    }

    /** Keeps something for people, as {@link Draft#note} does. There are those of the snapshot that it comes from. */
    public void note(String name, String value) {
        notes = Manifest.withNote(notes, name, value);
    }

    NavigableMap<String, String> notes() {
        return notes;
    }
}
