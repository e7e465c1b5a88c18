// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.erofs.XattrName;
import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tree.InvalidImageException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Decides which extended attributes of members go into the tree, and counts the others. Confined to one thread. */
final class SupportedXattrs {
    /** The kernel's limit for listxattr; larger sets could never be seen. */
    private static final int MAX_BYTES = 1 << 16;

    private static final int MAX_VALUE = (1 << 16) - 1;

    private static final String CAPABILITY = "security.capability";
    /** linux/capability.h, VFS_CAP_REVISION_2 and _3: in the last byte of the first number, and what they take. */
    private static final int REVISION_AT = 3, REVISION_2 = 2, SIZE_2 = 20, REVISION_3 = 3, SIZE_3 = 24;

    private long dropped;

    /** How many have been left out. */
    long dropped() {
        return dropped;
    }

    /**
     * Those of an entry that Linux could show, added to what the same inode has already.
     *
     * @throws InvalidImageException if setxattr would refuse one, as container engines then refuse the image
     */
    SortedMap<String, byte[]> of(TarEntry entry, SortedMap<String, byte[]> already) throws InvalidImageException {
        if (entry.attributes().xattrs().isEmpty()) {
            return already;
        }
        SortedMap<String, byte[]> supported = new TreeMap<>((Map<String, byte[]>) already);
        for (Map.Entry<String, byte[]> xattr : entry.attributes().xattrs().entrySet()) {
            if (isSupported(xattr.getKey(), entry.type())) {
                check(xattr.getKey(), xattr.getValue());
                supported.put(xattr.getKey(), xattr.getValue());
            } else {
                dropped++;
            }
        }
        long bytes = supported.entrySet().stream()
                .mapToLong(x -> x.getKey().length() + (long) x.getValue().length)
                .sum();
        if (bytes > MAX_BYTES + MAX_VALUE) {
            throw new InvalidImageException("extended attributes of " + bytes + " bytes together");
        }
        return supported;
    }

    private static boolean isSupported(String name, TarEntry.Type type) {
        if (name.startsWith("user.")) {
            // The guest mounts the disk below an overlay, which would take these as orders. See xattr(7) for the types.
            boolean mayHaveOne = type == TarEntry.Type.FILE || type == TarEntry.Type.DIRECTORY;
            return mayHaveOne
                    && !name.startsWith("user.overlay.")
                    && XattrName.of(name).isPresent();
        }
        return !name.startsWith("trusted.overlay.") && XattrName.of(name).isPresent();
    }

    private static void check(String name, byte[] value) throws InvalidImageException {
        if (name.length() > LayerPath.MAX_NAME || value.length > MAX_VALUE) {
            throw new InvalidImageException("an extended attribute with a name of " + name.length() + " and a value of "
                    + value.length + " bytes; at most " + LayerPath.MAX_NAME + " and " + MAX_VALUE + " are possible");
        }
        if (name.equals(CAPABILITY) && !isCapability(value)) {
            throw new InvalidImageException("a security.capability of " + value.length
                    + " bytes that is neither of version 2, with 20 bytes, nor of version 3, with 24");
        }
    }

    private static boolean isCapability(byte[] value) {
        int revision = value.length > REVISION_AT ? value[REVISION_AT] : 0;
        return (value.length == SIZE_2 && revision == REVISION_2) || (value.length == SIZE_3 && revision == REVISION_3);
    }
}
