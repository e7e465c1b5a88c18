// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;

/** A snapshot in the making, in a folder of its own. For the thread that bakes, until {@link Baking#bake} returns. */
public final class Draft {
    static final String RAW_MEMORY = "memory.raw";
    private static final String RAW_SCRATCH = "scratch.raw";

    private final BakeKey key;
    private final Path folder;
    private final Map<SnapshotFile, Part> parts = new EnumMap<>(SnapshotFile.class);
    private NavigableMap<String, String> notes = Collections.emptyNavigableMap();

    /** A file from elsewhere, and what its content is said to be. */
    record Part(Path file, String sha256) {}

    Draft(BakeKey key, Path folder) {
        this.key = key;
        this.folder = folder;
    }

    public BakeKey key() {
        return key;
    }

    /**
     * A private folder (0700) for whatever the bake needs. All but {@link #rawMemory}, {@link #rawScratch} and
     * {@link #deviceState} is thrown away. Its path is long: sockets are better kept elsewhere.
     */
    public Path folder() {
        return folder;
    }

    /** Where the guest's memory goes. It does not exist yet, and need not be sparse. */
    public Path rawMemory() {
        return folder.resolve(RAW_MEMORY);
    }

    /** Where the scratch disk goes, if the machine has one. It does not exist yet; holes in it stay holes. */
    public Path rawScratch() {
        return folder.resolve(RAW_SCRATCH);
    }

    /** Where the state of processors and devices goes. It does not exist yet. */
    public Path deviceState() {
        return folder.resolve(SnapshotFile.DEVICE_STATE.label());
    }

    /** What the machine has written of memory and disks, as it wrote it. */
    Map<SnapshotFile, Path> raw() {
        Map<SnapshotFile, Path> raw = new EnumMap<>(SnapshotFile.class);
        raw.put(SnapshotFile.MEMORY, rawMemory());
        if (Files.exists(rawScratch(), LinkOption.NOFOLLOW_LINKS)) {
            raw.put(SnapshotFile.SCRATCH, rawScratch());
        }
        return raw;
    }

    /**
     * Makes a file a part of the snapshot that is not written by the bake: disk, kernel, initramfs. It stays where it is, and
     * must not be written to from here on, as the store may keep it as a hard link.
     *
     * @param sha256 of its content; what is not as it says is refused when the snapshot is published
     * @throws IllegalArgumentException for memory, scratch disk and device state, which are written, and for what is no hash
     */
    public void refer(SnapshotFile part, Path file, String sha256) {
        if (part.isWritten() || !BakeKey.isHash(sha256)) {
            throw new IllegalArgumentException("can't refer to " + part.label() + " " + file + " by '" + sha256 + "'");
        }
        parts.put(part, new Part(file, sha256));
    }

    Map<SnapshotFile, Part> parts() {
        return Map.copyOf(parts);
    }

    /**
     * Keeps something about the snapshot for people: a duration, the image's name, the last lines of the log. A later
     * note of the same name replaces the earlier one.
     *
     * @throws IllegalArgumentException for a name that is empty or longer than 64 characters, or if all notes together
     *     get longer than 512 Ki characters
     */
    public void note(String name, String value) {
        notes = Manifest.withNote(notes, name, value);
    }

    /**
     * Makes sure, before the long work begins, that there is room.
     *
     * @param bytes what the bake is going to write, and what settling it takes on top: up to twice the memory
     * @throws DiskFullException if there is less
     */
    public void requireSpace(long bytes) {
        long free = freeBytes();
        if (free < bytes) {
            throw new DiskFullException(
                    "Can't bake snapshot " + SnapshotId.of(key).abbreviated(), folder, bytes, free, null);
        }
    }

    private long freeBytes() {
        try {
            return Failures.freeBytes(folder);
        } catch (IOException e) {
            throw new SnapshotException("Can't find out how much space is free for " + folder + ": " + e, e);
        }
    }

    NavigableMap<String, String> notes() {
        return notes;
    }
}
