// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tree.Inode;
import java.util.List;

/**
 * A folder and how it is reached, without symlinks. Immutable.
 *
 * @param folders from the root down to the folder itself
 * @param names of all of them but the root
 */
record ResolvedFolder(List<Inode> folders, List<String> names) {
    ResolvedFolder {
        folders = List.copyOf(folders);
        names = List.copyOf(names);
    }

    Inode inode() {
        return folders.get(folders.size() - 1);
    }
}
