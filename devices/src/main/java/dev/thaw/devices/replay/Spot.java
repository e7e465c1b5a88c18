// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.replay;

import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.Step;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Optional;

/**
 * A name in a folder.
 *
 * @param way from the root to the folder, empty for the root itself
 */
public record Spot(long folder, Name name, List<Step> way) {
    public Spot {
        way = List.copyOf(way);
    }

    public boolean is(long otherFolder, Name otherName) {
        return folder == otherFolder && name.equals(otherName);
    }

    Spot by(List<Step> other) {
        return new Spot(folder, name, other);
    }

    /** Where a name on the way leads to, if it is on the way. */
    Optional<Step> step(long parent, Name stepName) {
        return way.stream()
                .filter(one -> one.folder() == parent && one.name().equals(stepName))
                .findFirst();
    }

    /** Relative to the root. */
    public byte[] path() {
        ByteArrayOutputStream path = new ByteArrayOutputStream();
        for (Step step : way) {
            path.writeBytes(step.name().bytes());
            path.write('/');
        }
        path.writeBytes(name.bytes());
        return path.toByteArray();
    }
}
