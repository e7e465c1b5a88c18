// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.erofs.XattrName;
import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InodeType;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Puts layers on each other, lowest first, and holds the tree that comes out. Contents stay where they are.
 *
 * <p>A whiteout hides what lower layers have, never what its own layer has, wherever in the layer it stands (OCI
 * image-spec, layer.md, "Whiteouts"). Everything else happens in the archive's order, as if each member were unpacked:
 * a later member of the same path replaces an earlier one, and a folder on a folder only replaces its attributes.
 *
 * <p>Confined to one thread.
 */
public final class Flattener {
    private static final String WHITEOUT = ".wh.", WHITEOUT_META = ".wh..wh.", OPAQUE = ".wh..wh..opq";
    /** The kernel's limit for listxattr; larger sets could never be seen. */
    private static final int MAX_XATTR_BYTES = 1 << 16;

    private static final int MAX_XATTR_VALUE = (1 << 16) - 1;
    private static final int SYMLINK_PERMISSIONS = 0777;

    private final Limits limits;
    private final Inode root = Inode.directory(Attributes.IMPLIED);
    private int entries;
    private long heapBytes;
    private long contentBytes;
    private long droppedXattrs;

    public Flattener(Limits limits) {
        this.limits = limits;
    }

    /** The tree so far. Contents are read from the layers' archives, which must stay open. */
    public Inode root() {
        return root;
    }

    /** How many extended attributes were left out, because Linux has no such namespace or overlayfs would obey them. */
    public long droppedXattrs() {
        return droppedXattrs;
    }

    /**
     * Puts a layer on top.
     *
     * @param archive uncompressed tar
     * @throws InvalidImageException if it is malformed, asks for the impossible, or exceeds the limits. The tree is of
     *     no use then
     */
    public void add(ByteRegion archive) throws IOException {
        TarReader reader = new TarReader(archive);
        List<TarEntry> members = new ArrayList<>();
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            try {
                count(entry);
                LayerPath path = LayerPath.of(entry.name());
                if (isWhiteout(path)) {
                    applyWhiteout(path); // members wait, so all that is there are lower layers
                } else if (path.components().stream().noneMatch(c -> c.startsWith(WHITEOUT_META))) {
                    members.add(entry);
                }
            } catch (InvalidImageException e) {
                throw inEntry(entry, e);
            }
        }
        for (TarEntry entry : members) {
            try {
                apply(entry, LayerPath.of(entry.name()));
            } catch (InvalidImageException e) {
                throw inEntry(entry, e);
            }
        }
    }

    /** Counts a folder that no member stands for. */
    void countFolder(String name) throws InvalidImageException {
        count(TarEntry.BASE_HEAP_BYTES + name.length());
    }

    private void count(long bytes) throws InvalidImageException {
        entries++;
        heapBytes += bytes;
        if (entries > limits.entries()) {
            throw new InvalidImageException(
                    "the image has more than " + limits.entries() + " entries. Is it an archive bomb?");
        }
        if (heapBytes > limits.heapBytes()) {
            throw new InvalidImageException("entries, names, attributes and sparse maps of the image take more than "
                    + limits.heapBytes() + " bytes of memory. Is it an archive bomb?");
        }
    }

    private void count(TarEntry entry) throws InvalidImageException {
        count(entry.heapBytes());
        if (entry.content().size() > limits.contentBytes() - contentBytes) {
            throw new InvalidImageException(
                    "the image's files have more than " + limits.contentBytes() + " bytes. Is it an archive bomb?");
        }
        contentBytes += entry.content().size();
    }

    private static boolean isWhiteout(LayerPath path) {
        if (path.isRoot()) {
            return false;
        }
        String name = path.name();
        return name.equals(OPAQUE) || (name.startsWith(WHITEOUT) && !name.startsWith(WHITEOUT_META));
    }

    private void applyWhiteout(LayerPath path) throws InvalidImageException {
        Inode folder = FolderResolver.find(root, path.parent());
        if (path.name().equals(OPAQUE)) {
            if (folder != null) {
                folder.removeChildren();
            }
            return;
        }
        String hidden = path.name().substring(WHITEOUT.length());
        if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
            throw new InvalidImageException("a whiteout that names no file");
        }
        if (folder != null) {
            folder.removeChild(hidden);
        }
    }

    private void apply(TarEntry entry, LayerPath path) throws InvalidImageException {
        Attributes attributes = attributes(entry);
        if (path.isRoot()) {
            if (entry.type() != TarEntry.Type.DIRECTORY) {
                throw new InvalidImageException("the root would not be a folder");
            }
            root.setAttributes(attributes);
            return;
        }
        if (entry.type() == TarEntry.Type.HARD_LINK) {
            Inode target = linkTarget(entry); // found before anything is replaced
            folder(path).putChild(path.name(), target);
            return;
        }
        Inode folder = folder(path);
        Inode existing = folder.child(path.name());
        if (entry.type() == TarEntry.Type.DIRECTORY && existing != null && existing.isDirectory()) {
            existing.setAttributes(attributes);
        } else {
            folder.putChild(path.name(), inode(entry, attributes));
        }
    }

    private Inode folder(LayerPath path) throws InvalidImageException {
        return FolderResolver.findOrCreate(root, path.parent(), this);
    }

    private Inode linkTarget(TarEntry entry) throws InvalidImageException {
        LayerPath path = LayerPath.of(entry.linkName());
        Inode folder = path.isRoot() ? null : FolderResolver.find(root, path.parent());
        Inode target = folder == null ? null : folder.child(path.name());
        if (target == null) {
            throw new InvalidImageException("a hard link to '" + shown(entry.linkName()) + "', which does not exist");
        }
        if (target.isDirectory()) {
            throw new InvalidImageException("a hard link to '" + shown(entry.linkName()) + "', which is a folder");
        }
        return target;
    }

    private static Inode inode(TarEntry entry, Attributes attributes) throws InvalidImageException {
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

    private Attributes attributes(TarEntry entry) throws InvalidImageException {
        Attributes a = entry.attributes();
        // Linux shows every symlink with these, whatever the archive says.
        int permissions = entry.type() == TarEntry.Type.SYMLINK ? SYMLINK_PERMISSIONS : a.permissions();
        return new Attributes(
                permissions, a.uid(), a.gid(), a.mtimeSeconds(), a.mtimeNanos(), supportedXattrs(a.xattrs()));
    }

    private SortedMap<String, byte[]> supportedXattrs(SortedMap<String, byte[]> xattrs) throws InvalidImageException {
        if (xattrs.isEmpty()) {
            return xattrs;
        }
        SortedMap<String, byte[]> supported = new TreeMap<>();
        int bytes = 0;
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            String name = xattr.getKey();
            // The guest mounts the disk below an overlay, which would take these as orders.
            boolean ofOverlay = name.startsWith("trusted.overlay.") || name.startsWith("user.overlay.");
            if (ofOverlay || XattrName.of(name).isEmpty()) {
                droppedXattrs++;
                continue;
            }
            if (name.length() > LayerPath.MAX_NAME || xattr.getValue().length > MAX_XATTR_VALUE) {
                throw new InvalidImageException("an extended attribute with a name of " + name.length()
                        + " and a value of " + xattr.getValue().length + " bytes; at most " + LayerPath.MAX_NAME
                        + " and " + MAX_XATTR_VALUE + " are possible");
            }
            bytes += name.length() + xattr.getValue().length;
            supported.put(name, xattr.getValue());
        }
        if (bytes > MAX_XATTR_BYTES + MAX_XATTR_VALUE) {
            throw new InvalidImageException("extended attributes of " + bytes + " bytes together");
        }
        return supported;
    }

    private static InvalidImageException inEntry(TarEntry entry, InvalidImageException e) {
        return new InvalidImageException(
                "tar header at offset " + entry.offset() + ", '" + shown(entry.name()) + "': " + e.getMessage(), e);
    }

    /** A hostile name in a message: bounded, and without control characters. */
    private static String shown(String name) {
        String cut = name.length() <= LayerPath.MAX_NAME ? name : name.substring(0, LayerPath.MAX_NAME) + "...";
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}
