// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStatus;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds the snapshots that a user means: by the beginning of their ids, or by their names. */
final class Names {
    private static final Pattern PREFIX = Pattern.compile("[0-9a-f]{1,64}");

    private final List<SnapshotStatus> all;

    Names(List<SnapshotStatus> all) {
        this.all = all;
    }

    /** Each once, in the order of the arguments. */
    List<SnapshotStatus> resolve(List<String> arguments) {
        Set<SnapshotStatus> found = new LinkedHashSet<>();
        arguments.forEach(argument -> found.add(resolve(argument)));
        return List.copyOf(found);
    }

    /**
     * The one snapshot that is meant.
     *
     * @throws UsageException if there is none, or more than one; the message lists those
     */
    SnapshotStatus resolve(String argument) {
        List<SnapshotStatus> matches = all.stream()
                .filter(status -> matches(status.snapshot(), argument))
                .toList();
        if (matches.isEmpty()) {
            throw new UsageException("No snapshot has an id that begins with '" + argument
                    + "', or that name. `thaw cache ls` lists those that there are.");
        }
        if (matches.size() > 1) {
            throw new UsageException("'" + argument + "' is not enough, as it can be any of " + matches.size() + ":\n"
                    + candidates(matches) + "\nGive more digits of the id.");
        }
        return matches.get(0);
    }

    private static boolean matches(Snapshot snapshot, String argument) {
        return (PREFIX.matcher(argument).matches() && snapshot.id().sha256().startsWith(argument))
                || Shown.name(snapshot).filter(argument::equals).isPresent();
    }

    private static String candidates(List<SnapshotStatus> matches) {
        Instant now = Instant.now();
        return String.join(
                "\n",
                matches.stream()
                        .map(match -> "  " + Shown.title(match.snapshot()) + ", made "
                                + Times.ago(match.snapshot().manifest().created(), now))
                        .toList());
    }
}
