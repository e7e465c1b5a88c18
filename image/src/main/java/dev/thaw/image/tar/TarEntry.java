// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.FileContent;
import java.util.Map;

/**
 * One member of an archive. Names are bytes, held as ISO-8859-1 strings, as they are in the archive: they may be
 * absolute, have {@code ..} in them, or end in a slash.
 *
 * @param offset of its header in the archive, for messages
 * @param type what it is
 * @param name never with a NUL
 * @param linkName target of a hard link or symlink, else {@code ""}
 * @param attributes mode, owner, time, extended attributes
 * @param major of a device, else 0
 * @param minor of a device, else 0
 * @param content of a file; empty for everything else
 */
public record TarEntry(
        long offset,
        Type type,
        String name,
        String linkName,
        Attributes attributes,
        int major,
        int minor,
        FileContent content) {
    /** What an entry and the inode that it becomes take of the heap, but for what their lengths say: about 500 bytes. */
    public static final int BASE_HEAP_BYTES = 500;

    private static final int XATTR_HEAP_BYTES = 200;
    private static final int PIECE_HEAP_BYTES = 24;
    /** A file that is read from a disk has two, and must not count for more than one that is read from its layer. */
    private static final int PIECES_IN_BASE = 2;

    /** About how much of the heap this entry and what is made of it take: for limits, on the safe side. */
    public long heapBytes() {
        long bytes = BASE_HEAP_BYTES + name.length() + (long) linkName.length();
        for (Map.Entry<String, byte[]> xattr : attributes.xattrs().entrySet()) {
            bytes += XATTR_HEAP_BYTES + xattr.getKey().length() + (long) xattr.getValue().length;
        }
        return bytes + (long) Math.max(0, content.pieceCount() - PIECES_IN_BASE) * PIECE_HEAP_BYTES;
    }

    /** What a member is. */
    public enum Type {
        FILE,
        HARD_LINK,
        SYMLINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        DIRECTORY,
        FIFO
    }
}
