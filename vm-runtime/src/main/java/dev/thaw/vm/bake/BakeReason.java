// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.thaw.snapshot.BakeKey;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.vm.log.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Why a snapshot has to be baked although there are others of its image or name: what differs from the one that is most
 * alike, and of these from the most recent one. Taken by age alone, one of another spec of the same image would do for a
 * comparison that says nothing.
 */
final class BakeReason {
    /** Parts whose values may be shown. In environments, commands and waits there may be passwords. */
    private static final Set<String> SHOWN = Set.of(
            "baking",
            "image",
            "disk",
            "kernel",
            "initramfs",
            "engine",
            "memory-bytes",
            "scratch-bytes",
            "cpus",
            "user",
            "directory",
            "ports");

    private static final String IMAGE = "image";
    private static final String ENV = "env";
    private static final String ENGINE_SEPARATOR = ", ";
    private static final Pattern HASH = Pattern.compile("(?:sha256:)?([0-9a-f]{12})[0-9a-f]{52}");
    private static final ObjectMapper JSON = new ObjectMapper();

    private BakeReason() {}

    /** For example {@code engine qemu 10.0.1 -> qemu 10.0.2, env (LANG)}; empty if there is nothing to compare with. */
    static Optional<String> of(String name, BakeKey key, Collection<Snapshot> others) {
        Comparator<Snapshot> byLikeness = Comparator.comparingInt(
                other -> key.differencesFrom(other.key()).size());
        return others.stream()
                .filter(other -> isAkin(name, key, other) && !other.key().equals(key))
                .min(byLikeness.thenComparing(other -> other.manifest().created(), Comparator.reverseOrder()))
                .map(other -> describe(other.key(), key));
    }

    private static boolean isAkin(String name, BakeKey key, Snapshot other) {
        String image = key.parts().get(IMAGE);
        return (image != null && image.equals(other.key().parts().get(IMAGE)))
                || SnapshotNotes.name(other).equals(Optional.of(name));
    }

    private static String describe(BakeKey before, BakeKey now) {
        return now.differencesFrom(before).stream()
                .map(part -> describe(
                        part, before.parts().getOrDefault(part, ""), now.parts().getOrDefault(part, "")))
                .collect(Collectors.joining(", "));
    }

    private static String describe(String part, String before, String now) {
        if (part.equals(ENV)) {
            return part + variables(before, now);
        }
        if (!SHOWN.contains(part)) {
            return part;
        }
        String[] pieces = part.equals("engine") ? differingPieces(before, now) : new String[] {before, now};
        return part + " " + show(pieces[0]) + " -> " + show(pieces[1]);
    }

    private static String show(String value) {
        return value.isEmpty() ? "nothing" : Printable.of(HASH.matcher(value).replaceAll("$1"));
    }

    /** Of two engines' identities, which are lists, what only one of them has. */
    private static String[] differingPieces(String before, String now) {
        List<String> old = Arrays.asList(before.split(ENGINE_SEPARATOR));
        List<String> current = Arrays.asList(now.split(ENGINE_SEPARATOR));
        return new String[] {without(old, current), without(current, old)};
    }

    private static String without(List<String> pieces, List<String> others) {
        List<String> left = new ArrayList<>(pieces);
        left.removeAll(others);
        return String.join(ENGINE_SEPARATOR, left);
    }

    /** The names of those that differ. */
    private static String variables(String before, String now) {
        try {
            JsonNode old = JSON.readTree(before);
            JsonNode current = JSON.readTree(now);
            Set<String> names = new TreeSet<>();
            old.fieldNames().forEachRemaining(names::add);
            current.fieldNames().forEachRemaining(names::add);
            names.removeIf(name -> old.path(name).equals(current.path(name)));
            return names.isEmpty() ? "" : " (" + Printable.of(String.join(", ", names)) + ")";
        } catch (JsonProcessingException e) {
            // The key of a snapshot that something else has made: that it differs is known all the same.
            return "";
        }
    }
}
