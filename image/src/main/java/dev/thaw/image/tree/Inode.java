// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A file, folder or other thing in the tree. Hard links are several names for one Inode object.
 *
 * <p>Confined to one thread. A folder's children and attributes change while layers are put on each other; the
 * rest never does.
 */
public final class Inode {
    private static final int[] NO_DEVICE = {0, 0};

    private final InodeType type;
    private final SortedMap<String, Inode> children;
    private final FileContent content;
    private final String target;
    private final int major;
    private final int minor;
    private Attributes attributes;

    private Inode(
            InodeType type,
            Attributes attributes,
            SortedMap<String, Inode> children,
            FileContent content,
            String target,
            int[] device) {
        this.type = type;
        this.attributes = attributes;
        this.children = children;
        this.content = content;
        this.target = target;
        this.major = device[0];
        this.minor = device[1];
    }

    public static Inode directory(Attributes attributes) {
        return new Inode(InodeType.DIRECTORY, attributes, new TreeMap<>(), null, null, NO_DEVICE);
    }

    public static Inode regular(Attributes attributes, FileContent content) {
        return new Inode(InodeType.REGULAR, attributes, null, content, null, NO_DEVICE);
    }

    /** A symlink; the target is bytes as a ISO-8859-1 string, as they are in the layer. */
    public static Inode symlink(Attributes attributes, String target) {
        return new Inode(InodeType.SYMLINK, attributes, null, null, target, NO_DEVICE);
    }

    public static Inode fifo(Attributes attributes) {
        return new Inode(InodeType.FIFO, attributes, null, null, null, NO_DEVICE);
    }

    public static Inode device(InodeType type, Attributes attributes, int major, int minor) {
        if (type != InodeType.CHARACTER_DEVICE && type != InodeType.BLOCK_DEVICE) {
            throw new IllegalArgumentException(type + " is not a device");
        }
        return new Inode(type, attributes, null, null, null, new int[] {major, minor});
    }

    public InodeType type() {
        return type;
    }

    public boolean isDirectory() {
        return type == InodeType.DIRECTORY;
    }

    public Attributes attributes() {
        return attributes;
    }

    /** A later layer's entry for the same folder replaces all of its attributes. */
    public void setAttributes(Attributes replacement) {
        attributes = replacement;
    }

    /** The folder's child of that name, or null. */
    public Inode child(String name) {
        return children.get(name);
    }

    /** Adds a child to this folder, or replaces it. */
    public void putChild(String name, Inode child) {
        children.put(name, child);
    }

    /** Removes a child of this folder, with all below it, if it is there. */
    public void removeChild(String name) {
        children.remove(name);
    }

    /** Empties this folder. */
    void removeChildren() {
        children.clear();
    }

    /** The folder's children in the order of their names' bytes: a read-only view. */
    public SortedMap<String, Inode> children() {
        return Collections.unmodifiableSortedMap(children);
    }

    /** A regular file's content, else null. */
    public FileContent content() {
        return content;
    }

    /** A symlink's target, else null. */
    public String target() {
        return target;
    }

    /** A device's major number, else 0. */
    public int major() {
        return major;
    }

    /** A device's minor number, else 0. */
    public int minor() {
        return minor;
    }
}
