// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InodeType;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
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

    private final Budget budget;
    private final Deque<String> todo = new ArrayDeque<>();
    /** From the root down to where the look-up is, and the names of all but the root. */
    private final List<Inode> found = new ArrayList<>();

    private final List<String> names = new ArrayList<>();
    /** What lies below that and does not exist, or is not a folder. */
    private final List<String> missing = new ArrayList<>();

    private int symlinks;

    private FolderResolver(Inode root, List<String> path, Budget budget) {
        this.budget = budget;
        found.add(root);
        todo.addAll(path);
    }

    /** The folder, or null if there is none. */
    static Inode find(Inode root, List<String> path, Budget budget) throws InvalidImageException {
        FolderResolver resolver = new FolderResolver(root, path, budget);
        resolver.walk();
        return resolver.missing.isEmpty() ? resolver.last() : null;
    }

    /**
     * The folder. Where components are missing, folders of root's are made.
     *
     * @param upper learns of the folders that are made, and says what is in their way: a lower layer's file gives way,
     *     as if it were hidden by the folder in an overlay. One of the same layer does not, nor one that only a symlink
     *     leads to: no container engine unpacks that
     */
    static ResolvedFolder findOrCreate(Inode root, List<String> path, UpperNames upper, Budget budget)
            throws InvalidImageException {
        FolderResolver resolver = new FolderResolver(root, path, budget);
        resolver.walk();
        for (String name : resolver.missing) {
            resolver.create(name, upper);
        }
        return new ResolvedFolder(resolver.found, resolver.names);
    }

    private void create(String name, UpperNames upper) throws InvalidImageException {
        Inode inTheWay = last().child(name);
        if (inTheWay != null && (symlinks > 0 || upper.has(last(), name))) {
            throw new InvalidImageException("it would lie in '" + Shown.of(name) + "', which is not a folder");
        }
        budget.countFolder(name);
        Inode created = Inode.directory(Attributes.IMPLIED);
        last().putChild(name, created);
        if (!upper.hasMade(last())) {
            upper.add(new ResolvedFolder(found, names), name);
        }
        upper.addFolder(created);
        found.add(created);
        names.add(name);
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
                names.add(name);
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
            names.remove(names.size() - 1);
        }
    }

    private void follow(String target) throws InvalidImageException {
        if (++symlinks > MAX_SYMLINKS) {
            throw new InvalidImageException("more than " + MAX_SYMLINKS + " symlinks on the way to one folder");
        }
        if (target.startsWith("/")) {
            found.subList(1, found.size()).clear();
            names.clear();
        }
        List<String> components = Arrays.asList(target.split("/", -1));
        budget.countLinkSteps(components.size());
        for (int i = components.size() - 1; i >= 0; i--) {
            todo.addFirst(components.get(i));
        }
    }
}
