// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What is known of a snapshot: {@code manifest.json} in its folder. Immutable.
 *
 * @param key all that shaped it
 * @param memory the guest's memory
 * @param deviceState the state of the processors and devices
 * @param created when it was published
 * @param bakeDuration from the start of the bake to the end of what the engine did; whole milliseconds
 * @param notes more about it for people, by name: anything that the baker noted
 */
public record Manifest(
        BakeKey key,
        SealedFile memory,
        SealedFile deviceState,
        Instant created,
        Duration bakeDuration,
        NavigableMap<String, String> notes) {

    /** Version of the format on disk. A snapshot of any other version counts as missing. */
    public static final int VERSION = 1;

    /** No machine that Thaw starts comes near it: 16 TiB. */
    static final long MAX_FILE_BYTES = 1L << 44;

    private static final int MAX_NOTE_NAME_CHARS = 64;
    private static final int MAX_NOTES_CHARS = 512 * 1024;

    public Manifest {
        notes = checkedNotes(notes);
        bakeDuration = bakeDuration.truncatedTo(ChronoUnit.MILLIS);
        if (bakeDuration.isNegative()) {
            throw new IllegalArgumentException("a bake can't take " + bakeDuration);
        }
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

    Manifest withFiles(SealedFile newMemory, SealedFile newDeviceState) {
        return new Manifest(key, newMemory, newDeviceState, created, bakeDuration, notes);
    }
}
