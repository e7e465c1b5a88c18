// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InodeType;
import dev.thaw.image.tree.InvalidImageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Finds the folder that a path's leading components name, as the kernel would inside of the root: symlinks are
 * followed, and none leads out. Holds the state of one look-up; confined to one thread.
 */
final class FolderResolver {
    /** Linux gives up after 40; layers that were unpacked by others may need more. */
    private static final int MAX_SYMLINKS = 255;
    /** As deep as PATH_MAX can reach. */
    private static final int MAX_DEPTH = 2048;

    private final Deque<String> todo = new ArrayDeque<>();
    /** From the root down to where the look-up is. */
    private final List<Inode> found = new ArrayList<>();
    /** What lies below that and does not exist, or is not a folder. */
    private final List<String> missing = new ArrayList<>();

    private int symlinks;

    private FolderResolver(Inode root, List<String> path) {
        found.add(root);
        todo.addAll(path);
    }

    /** The folder, or null if there is none. */
    static Inode find(Inode root, List<String> path) throws InvalidImageException {
        FolderResolver resolver = new FolderResolver(root, path);
        resolver.walk();
        return resolver.missing.isEmpty() ? resolver.last() : null;
    }

    /**
     * The folder. Where components are missing or not folders, folders of root's are made; {@code newFolders} counts
     * them.
     */
    static Inode findOrCreate(Inode root, List<String> path, Flattener newFolders) throws InvalidImageException {
        FolderResolver resolver = new FolderResolver(root, path);
        resolver.walk();
        Inode folder = resolver.last();
        for (String name : resolver.missing) {
            newFolders.countFolder(name);
            Inode created = Inode.directory(Attributes.IMPLIED);
            folder.putChild(name, created);
            folder = created;
        }
        return folder;
    }

    private Inode last() {
        return found.get(found.size() - 1);
    }

    private void walk() throws InvalidImageException {
        while (!todo.isEmpty()) {
            String name = todo.remove();
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                up();
                continue;
            }
            Inode child = missing.isEmpty() ? last().child(name) : null;
            if (child == null || (!child.isDirectory() && child.type() != InodeType.SYMLINK)) {
                missing.add(name);
            } else if (child.isDirectory()) {
                found.add(child);
            } else {
                follow(child.target());
            }
            if (found.size() + missing.size() > MAX_DEPTH) {
                throw new InvalidImageException("folders nested deeper than " + MAX_DEPTH);
            }
        }
    }

    private void up() {
        if (!missing.isEmpty()) {
            missing.remove(missing.size() - 1);
        } else if (found.size() > 1) {
            found.remove(found.size() - 1);
        }
    }

    private void follow(String target) throws InvalidImageException {
        if (++symlinks > MAX_SYMLINKS) {
            throw new InvalidImageException("more than " + MAX_SYMLINKS + " symlinks on the way to one folder");
        }
        if (target.startsWith("/")) {
            found.subList(1, found.size()).clear();
        }
        List<String> components = Arrays.asList(target.split("/", -1));
        for (int i = components.size() - 1; i >= 0; i--) {
            todo.addFirst(components.get(i));
        }
    }
}
