// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tree.Inode;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Which names in the tree are of the layer that is being put on it: its members, and the folders that lead to them.
 * Whiteouts hide all others. Folders are told apart by identity, as they have one place each; what a name stands for is
 * not, because a hard link to a lower file is of this layer and the file's old name is not.
 *
 * <p>Confined to one thread.
 */
final class UpperNames {
    /** Folders that hold nothing of lower layers, so that their names need not be kept, and whether this layer made them. */
    private final IdentityHashMap<Inode, Boolean> pure = new IdentityHashMap<>();

    private final IdentityHashMap<Inode, Set<String>> names = new IdentityHashMap<>();

    boolean has(Inode folder, String name) {
        return pure.containsKey(folder) || names.getOrDefault(folder, Set.of()).contains(name);
    }

    /** Whether the folder was made by this layer. */
    boolean hasMade(Inode folder) {
        return pure.getOrDefault(folder, false);
    }

    /** The name, and those of the folders that lead to it. */
    void add(ResolvedFolder folder, String name) {
        String last = name;
        for (int i = folder.folders().size() - 1; i >= 0; i--) {
            Inode inode = folder.folders().get(i);
            boolean isKnown = hasMade(inode)
                    || (!pure.containsKey(inode)
                            && !names.computeIfAbsent(inode, f -> new HashSet<>())
                                    .add(last));
            if (isKnown) {
                return; // and so are the folders that lead there
            }
            last = i == 0 ? "" : folder.names().get(i - 1);
        }
    }

    /** A folder that this layer has made. */
    void addFolder(Inode folder) {
        pure.put(folder, true);
    }

    /** A whiteout: takes the name out of the folder if it is a lower layer's, or else what is lower layers' below it. */
    void hide(Inode folder, String name) {
        Inode child = folder.child(name);
        if (child == null) {
            return;
        }
        if (!has(folder, name)) {
            folder.removeChild(name);
        } else if (child.isDirectory()) {
            hideAllIn(child);
        }
    }

    /** An opaque folder. A second time does nothing, so that many of them cost no more than one. */
    void hideAllIn(Inode folder) {
        if (pure.putIfAbsent(folder, false) != null) {
            return;
        }
        Set<String> kept = names.containsKey(folder) ? names.remove(folder) : Set.of();
        for (String name : List.copyOf(folder.children().keySet())) {
            Inode child = folder.child(name);
            if (!kept.contains(name)) {
                folder.removeChild(name);
            } else if (child.isDirectory()) {
                hideAllIn(child);
            }
        }
    }
}
