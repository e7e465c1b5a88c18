// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InodeType;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** What holds of every tree, whatever it was made of. */
public final class TreeInvariants {
    private static final int MAX_DEPTH = 2048, MAX_NAME = 255, MAX_TARGET = 4095;

    private TreeInvariants() {}

    /** Contents must still be readable. */
    public static void thenHold(Inode root) throws IOException {
        Set<Inode> folders = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Folder> todo = new ArrayDeque<>();
        todo.add(new Folder(root, 0));
        while (!todo.isEmpty()) {
            Folder folder = todo.remove();
            then(folder.depth).isLessThanOrEqualTo(MAX_DEPTH);
            then(folders.add(folder.inode)).as("a folder has one place").isTrue();
            for (Map.Entry<String, Inode> child : folder.inode.children().entrySet()) {
                thenIsName(child.getKey());
                thenIsWhole(child.getValue());
                if (child.getValue().isDirectory()) {
                    todo.add(new Folder(child.getValue(), folder.depth + 1));
                }
            }
        }
    }

    private static void thenIsName(String name) {
        then(name).isNotIn("", ".", "..").hasSizeLessThanOrEqualTo(MAX_NAME);
        then(name.indexOf('/') + name.indexOf('\0'))
                .as("slash or NUL in a name")
                .isEqualTo(-2);
    }

    private static void thenIsWhole(Inode inode) throws IOException {
        if (inode.type() == InodeType.SYMLINK) {
            then(inode.target().length()).isBetween(1, MAX_TARGET);
        }
        FileContent content = inode.content();
        if (content != null && content.size() > 0) {
            content.read(0, new byte[1], 0, 1);
            content.read(content.size() - 1, new byte[1], 0, 1);
        }
    }

    private record Folder(Inode inode, int depth) {}
}
