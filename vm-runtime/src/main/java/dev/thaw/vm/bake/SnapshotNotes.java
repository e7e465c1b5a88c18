// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import dev.thaw.snapshot.Draft;
import dev.thaw.snapshot.Snapshot;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a bake notes down in its snapshot for those who restore it.
 *
 * @param coldBoot from the start of the machine until the service was ready
 * @param listening ports that were listening at the freeze, and so have to after every thaw
 */
public record SnapshotNotes(Duration coldBoot, SortedSet<Integer> listening) {
    private static final String COLD_BOOT_MILLIS = "coldBootMillis";
    private static final String LISTENING = "listening";
    private static final String NAME = "name";

    static void write(Draft draft, String name, Duration coldBoot, SortedSet<Integer> listening) {
        draft.note(NAME, name);
        draft.note(COLD_BOOT_MILLIS, Long.toString(coldBoot.toMillis()));
        draft.note(LISTENING, listening.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }

    public static SnapshotNotes read(Snapshot snapshot) {
        Map<String, String> notes = snapshot.manifest().notes();
        SortedSet<Integer> listening = Arrays.stream(
                        notes.getOrDefault(LISTENING, "").split(","))
                .filter(text -> !text.isEmpty())
                .map(Integer::valueOf)
                .collect(Collectors.toCollection(TreeSet::new));
        return new SnapshotNotes(
                Duration.ofMillis(Long.parseLong(notes.getOrDefault(COLD_BOOT_MILLIS, "0"))), listening);
    }

    /** What the VM was called that was baked, which is no part of the key; older snapshots do not say. */
    static Optional<String> name(Snapshot snapshot) {
        return Optional.ofNullable(snapshot.manifest().notes().get(NAME));
    }
}
