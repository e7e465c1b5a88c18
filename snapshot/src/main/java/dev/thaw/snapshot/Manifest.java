// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is known of a snapshot: a file of JSON that refers to blobs. Immutable.
 *
 * @param key all that shaped it, or the one it comes from
 * @param parent the snapshot that its machine was restored from; empty if it was booted
 * @param files what it consists of; memory and device state at least
 * @param created when it was published
 * @param duration from the start to the end of what was done to get it: of the bake, or of the freeze; whole milliseconds
 * @param notes more about it for people, by name: anything that the baker noted
 */
public record Manifest(
        BakeKey key,
        Optional<SnapshotId> parent,
        Map<SnapshotFile, Blob> files,
        Instant created,
        Duration duration,
        NavigableMap<String, String> notes) {

    /** Version of the format on disk. A snapshot of any other version counts as missing. */
    public static final int VERSION = 2;

    private static final int MAX_NOTE_NAME_CHARS = 64;
    private static final int MAX_NOTES_CHARS = 512 * 1024;

    /**
     * Copies and checks.
     *
     * @throws IllegalArgumentException if memory or device state is missing, a part is not of its kind, or notes are too long
     */
    public Manifest {
        files = checkedFiles(files);
        notes = checkedNotes(notes);
        duration = duration.truncatedTo(ChronoUnit.MILLIS);
        if (duration.isNegative()) {
            throw new IllegalArgumentException("a bake can't take " + duration);
        }
    }

    private static Map<SnapshotFile, Blob> checkedFiles(Map<SnapshotFile, Blob> files) {
        Map<SnapshotFile, Blob> checked = new EnumMap<>(SnapshotFile.class);
        checked.putAll(files);
        for (SnapshotFile needed : new SnapshotFile[] {SnapshotFile.MEMORY, SnapshotFile.DEVICE_STATE}) {
            if (!checked.containsKey(needed)) {
                throw new IllegalArgumentException("a snapshot without " + needed.label());
            }
        }
        checked.forEach((part, blob) -> {
            if (blob.kind() != part.kind()) {
                throw new IllegalArgumentException(part.label() + " is not of kind " + blob.kind());
            }
        });
        return Collections.unmodifiableMap(checked);
    }

    /** An immutable copy, or IllegalArgumentException if it is too much. */
    static NavigableMap<String, String> checkedNotes(NavigableMap<String, String> notes) {
        long chars = 0;
        for (Map.Entry<String, String> note : notes.entrySet()) {
            String name = note.getKey();
            if (name.isEmpty() || name.length() > MAX_NOTE_NAME_CHARS) {
                throw new IllegalArgumentException(
                        "a note's name has 1 to " + MAX_NOTE_NAME_CHARS + " characters, unlike '" + name + "'");
            }
            chars += name.length() + note.getValue().length();
        }
        if (chars > MAX_NOTES_CHARS) {
            throw new IllegalArgumentException(
                    "a snapshot's notes have at most " + MAX_NOTES_CHARS + " characters together, not " + chars);
        }
        return Collections.unmodifiableNavigableMap(new TreeMap<>(notes));
    }

    /** These notes and one more, as above; it replaces one of the same name. */
    static NavigableMap<String, String> withNote(NavigableMap<String, String> notes, String name, String value) {
        NavigableMap<String, String> more = new TreeMap<>(notes);
        more.put(name, Objects.requireNonNull(value, name));
        return checkedNotes(more);
    }

    /** A part of it. */
    Blob file(SnapshotFile part) {
        return Optional.ofNullable(files.get(part)).orElseThrow();
    }

    /** The name: the bake key's hash, or the manifest's own. */
    SnapshotId id() {
        return parent.isEmpty() ? SnapshotId.of(key) : new SnapshotId(ManifestFile.checksum(this));
    }
}
