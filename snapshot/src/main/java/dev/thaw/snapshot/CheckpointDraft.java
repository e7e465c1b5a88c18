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
    private NavigableMap<String, String> notes;

    CheckpointDraft(Path folder, ChangedFile memory, NavigableMap<String, String> notes) {
        this.folder = folder;
        this.memory = memory;
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

    /** Keeps something for people, as {@link Draft#note} does. There are those of the snapshot that it comes from. */
    public void note(String name, String value) {
        notes = Manifest.withNote(notes, name, value);
    }

    NavigableMap<String, String> notes() {
        return notes;
    }
}
