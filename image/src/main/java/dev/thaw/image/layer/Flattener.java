// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InodeType;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.util.Collections;
import java.util.SortedMap;

/**
 * Puts layers on each other, lowest first, and holds the tree that comes out. Contents stay where they are.
 *
 * <p>Everything happens in the archive's order, as if each member were unpacked: a later member of the same path replaces
 * an earlier one, and a folder on a folder only replaces its attributes. A whiteout hides what lower layers have, never
 * what its own layer has, wherever in the layer it stands (OCI image-spec, layer.md, "Whiteouts"). Where the
 * specification is silent container engines decide; docs/images.md says what they do.
 *
 * <p>Confined to one thread.
 */
public final class Flattener {
    private static final String WHITEOUT = ".wh.", OPAQUE = ".wh..wh..opq";
    private static final int SYMLINK_PERMISSIONS = 0777;

    private final Budget budget;
    private final SupportedXattrs xattrs = new SupportedXattrs();
    private final Inode root = Inode.directory(Attributes.IMPLIED);

    public Flattener(Limits limits) {
        budget = new Budget(limits);
    }

    /** The tree so far. Contents are read from the layers' archives, which must stay open. */
    public Inode root() {
        return root;
    }

    /** How many extended attributes were left out, because Linux would not keep them or overlayfs would obey them. */
    public long droppedXattrs() {
        return xattrs.dropped();
    }

    /**
     * Puts a layer on top.
     *
     * @param entries of an archive, from wherever they are; what their source throws is thrown
     * @throws InvalidImageException if it is malformed, asks for the impossible, or exceeds the limits. The tree is of
     *     no use then
     */
    public void add(EntrySource entries) throws IOException {
        UpperNames upper = new UpperNames();
        if (root.children().isEmpty()) {
            upper.addFolder(root);
        }
        for (TarEntry entry = entries.next(); entry != null; entry = entries.next()) {
            try {
                budget.count(entry);
                apply(entry, LayerPath.of(entry.name()), upper);
            } catch (InvalidImageException e) {
                throw new InvalidImageException(
                        "tar header at offset " + entry.offset() + ", '" + Shown.of(entry.name()) + "': "
                                + e.getMessage(),
                        e);
            }
        }
    }

    private void apply(TarEntry entry, LayerPath path, UpperNames upper) throws InvalidImageException {
        if (path.isRoot()) {
            if (entry.type() == TarEntry.Type.DIRECTORY) { // nothing else can take its place
                root.setAttributes(attributes(entry, Collections.emptySortedMap()));
            }
            return;
        }
        ResolvedFolder folder = FolderResolver.findOrCreate(root, path.parent(), upper, budget);
        if (path.name().equals(OPAQUE)) {
            upper.hideAllIn(folder.inode());
        } else if (path.name().startsWith(WHITEOUT)) {
            upper.hide(folder.inode(), hiddenName(path.name()));
        } else {
            put(entry, folder.inode(), path.name(), upper);
            upper.add(folder, path.name());
        }
    }

    private static String hiddenName(String whiteout) throws InvalidImageException {
        String hidden = whiteout.substring(WHITEOUT.length());
        if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
            throw new InvalidImageException("a whiteout that names no file");
        }
        return hidden;
    }

    private void put(TarEntry entry, Inode folder, String name, UpperNames upper) throws InvalidImageException {
        Inode existing = folder.child(name);
        if (entry.type() == TarEntry.Type.DIRECTORY && existing != null && existing.isDirectory()) {
            // As in an overlay: a lower layer's attributes are gone, those of an earlier member are added to.
            boolean isUpper = upper.hasMade(existing);
            existing.setAttributes(
                    attributes(entry, isUpper ? existing.attributes().xattrs() : Collections.emptySortedMap()));
            return;
        }
        folder.removeChild(name); // before a hard link's target is looked for, which may be this or lie in it
        Inode inode = entry.type() == TarEntry.Type.HARD_LINK ? linkTarget(entry) : inode(entry);
        folder.putChild(name, inode);
        if (inode.isDirectory()) {
            upper.addFolder(inode);
        }
    }

    private Inode linkTarget(TarEntry entry) throws InvalidImageException {
        LayerPath path = LayerPath.of(entry.linkName());
        Inode folder = path.isRoot() ? root : FolderResolver.find(root, path.parent(), budget);
        Inode target = path.isRoot() || folder == null ? folder : folder.child(path.name());
        if (target == null) {
            throw new InvalidImageException(
                    "a hard link to '" + Shown.of(entry.linkName()) + "', which does not exist");
        }
        if (target.isDirectory()) {
            throw new InvalidImageException("a hard link to '" + Shown.of(entry.linkName()) + "', which is a folder");
        }
        return target;
    }

    private Inode inode(TarEntry entry) throws InvalidImageException {
        Attributes attributes = attributes(entry, Collections.emptySortedMap());
        return switch (entry.type()) {
            case FILE -> Inode.regular(attributes, entry.content());
            case DIRECTORY -> Inode.directory(attributes);
            case SYMLINK -> Inode.symlink(attributes, checkedTarget(entry.linkName()));
            case FIFO -> Inode.fifo(attributes);
            case CHARACTER_DEVICE -> Inode.device(InodeType.CHARACTER_DEVICE, attributes, entry.major(), entry.minor());
            case BLOCK_DEVICE -> Inode.device(InodeType.BLOCK_DEVICE, attributes, entry.major(), entry.minor());
            case HARD_LINK -> throw new IllegalArgumentException("a hard link is no inode");
        };
    }

    private static String checkedTarget(String target) throws InvalidImageException {
        if (target.isEmpty() || target.length() >= LayerPath.MAX_PATH) {
            throw new InvalidImageException("a symlink whose target has " + target.length() + " bytes; 1 to "
                    + (LayerPath.MAX_PATH - 1) + " are possible");
        }
        return target;
    }

    private Attributes attributes(TarEntry entry, SortedMap<String, byte[]> already) throws InvalidImageException {
        Attributes a = entry.attributes();
        // Linux shows every symlink with these, whatever the archive says.
        int permissions = entry.type() == TarEntry.Type.SYMLINK ? SYMLINK_PERMISSIONS : a.permissions();
        return new Attributes(
                permissions, a.uid(), a.gid(), a.mtimeSeconds(), a.mtimeNanos(), xattrs.of(entry, already));
    }
}
