// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import dev.thaw.devices.folder.Name;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What names led to when an event was queued. The tree knows what they lead to now, and a rename of the guest's own may be between the
 * two: an event from before it is of the node that had the name then. Thread-safe.
 */
final class NameTurns {
    private record Place(long folder, Name name) {}

    private final Map<Place, Deque<Turn>> turns = new HashMap<>(); // in the order of the calls; guarded by this

    /** A name changes hands by the guest's doing; 0 for nothing, and for what nobody knows yet. */
    private final class Turn implements OwnChanges.Fate {
        private final Place place;
        private final long known;
        private final long before;
        private final long after;
        private boolean seen;
        /** The host has changed the name, too: which of the two was first is not known. */
        private boolean muddled;

        Turn(Place place, long known, long before, long after) {
            this.place = place;
            this.known = known;
            this.before = before;
            this.after = after;
            this.muddled = known != before;
        }

        @Override
        public void seen() {
            synchronized (NameTurns.this) {
                seen = true;
            }
        }

        @Override
        public void ended() {
            synchronized (NameTurns.this) {
                Deque<Turn> here = turns.get(place);
                if (here != null && here.remove(this) && here.isEmpty()) {
                    turns.remove(place);
                }
            }
        }
    }

    /**
     * A name is about to change.
     *
     * @param known what the tree takes it to lead to
     * @param before what it was just seen to lead to
     * @param after what it will lead to
     */
    synchronized OwnChanges.Fate begin(long folder, Name name, long known, long before, long after) {
        Place place = new Place(folder, name);
        Turn turn = new Turn(place, known, before, after);
        turns.computeIfAbsent(place, any -> new ArrayDeque<>(2)).add(turn);
        return turn;
    }

    /**
     * What an event that comes now may be of.
     *
     * @param now what the tree takes the name to lead to, 0 for nothing
     */
    synchronized Set<Long> nodes(long folder, Name name, long now) {
        Deque<Turn> here = turns.get(new Place(folder, name));
        Set<Long> nodes = new LinkedHashSet<>();
        if (here == null) {
            nodes.add(now);
        } else if (here.stream().anyMatch(turn -> turn.muddled)) {
            here.forEach(turn -> {
                nodes.add(turn.known);
                nodes.add(turn.before);
                nodes.add(turn.after);
            });
            nodes.add(now);
        } else {
            nodes.add(here.stream()
                    .filter(turn -> !turn.seen)
                    .findFirst()
                    .map(turn -> turn.before)
                    .orElse(here.getLast().after == 0 ? now : here.getLast().after));
        }
        nodes.remove(0L);
        return nodes;
    }

    /** The host has changed a name. Whether the guest is changing it, too, so that what the tree knows of it is newer than the event. */
    synchronized boolean muddle(long folder, Name name) {
        Deque<Turn> here = turns.get(new Place(folder, name));
        if (here != null) {
            here.forEach(turn -> turn.muddled = true);
        }
        return here != null;
    }

    /** Whether the guest is changing what a name leads to. */
    synchronized boolean isTurning(long folder, Name name) {
        return turns.containsKey(new Place(folder, name));
    }
}
