// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.replay;

import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.Step;
import java.util.Optional;

/**
 * A change of the host that a guest's watchers are to be told of.
 *
 * @param target where a rename leads; null for all others
 * @param file what it happens to; of what is not known better a file or a folder
 * @param gone the node that has lost its name by this, if the guest knew one that may have gone; else 0
 */
public record Replay(Kind kind, Spot spot, Spot target, FileKind file, long gone) {
    /** What happened. */
    public enum Kind {
        CREATE,
        MODIFY,
        ATTRIBUTES,
        DELETE,
        RENAME
    }

    static Replay of(Kind kind, Spot spot, FileKind file) {
        return new Replay(kind, spot, null, file, 0);
    }

    static Replay deletion(Spot spot, FileKind file, long gone) {
        return new Replay(Kind.DELETE, spot, null, file, gone);
    }

    static Replay rename(Spot from, Spot to, FileKind file, long replaced) {
        return new Replay(Kind.RENAME, from, to, file, replaced);
    }

    public boolean isOfFolder() {
        return file == FileKind.FOLDER;
    }

    public boolean isAt(long folder, Name name) {
        return spot.is(folder, name);
    }

    public boolean leadsTo(long folder, Name name) {
        return target != null && target.is(folder, name);
    }

    /** The folder that a name on the way to one of its folders led to. */
    public Optional<Step> step(long folder, Name name) {
        Optional<Step> first = spot.step(folder, name);
        return first.isPresent() || target == null ? first : target.step(folder, name);
    }
}
