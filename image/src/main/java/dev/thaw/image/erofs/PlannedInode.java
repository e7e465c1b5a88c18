// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.Inode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An inode and where it goes. Source: Linux 6.1 fs/erofs/erofs_fs.h, struct erofs_inode_compact (32 bytes) and
 * erofs_inode_extended (64 bytes). Filled in by {@link Layout}, read by {@link ErofsWriter}.
 */
final class PlannedInode {
    static final int COMPACT_SIZE = 32, EXTENDED_SIZE = 64, SLOT = 32;
    private static final int VERSION_EXTENDED = 1, LAYOUT_SHIFT = 1, FLAT_PLAIN = 0, FLAT_INLINE = 2;
    private static final int FORMAT = 0, XATTR_ICOUNT = 2, MODE = 4, UNION = 16, INO = 20;
    private static final int C_NLINK = 6, C_SIZE = 8, C_UID = 24, C_GID = 26;
    private static final int X_SIZE = 8, X_UID = 24, X_GID = 28, X_MTIME = 32, X_MTIME_NSEC = 40, X_NLINK = 44;
    private static final int MAX_16 = 0xffff;
    private static final long MAX_32 = 0xffff_ffffL;

    final Inode inode;
    /** The folder that it is in; the root's is itself, and a hard link's that in which it was met first. */
    final PlannedInode parent;

    /** Names that lead here; for folders, the entries "." and ".." count too. */
    long linkCount;
    /** Number in the order of the tree, from 1, for 32-bit programs. */
    int ino;

    boolean extended;
    XattrBody xattrs = XattrBody.NONE;
    /** Bytes of content: file, folder blocks, symlink target. */
    long size;
    /** Bytes of content that stand right behind inode and attributes; the rest is in blocks. */
    int inlineBytes;

    /** Whose blocks hold the content: its own, or those of an earlier file with the same content. */
    PlannedInode blocksOf = this;
    /** Bytes of content in blocks of its own: what this inode and all those that share them have there. */
    long ownBlockBytes;
    /** Where its own blocks begin. */
    long firstBlock;
    /** In slots, from the start of the inodes' area. */
    long nid;

    PlannedInode(Inode inode, PlannedInode parent) {
        this.inode = inode;
        this.parent = inode.isDirectory() && parent == null ? this : parent;
    }

    /** True if some value does not fit into the small form, which has no time of its own either. */
    boolean needsExtended(long buildTimeSeconds, int buildTimeNanos) {
        Attributes a = inode.attributes();
        return size > MAX_32
                || linkCount > MAX_16
                || Integer.toUnsignedLong(a.uid()) > MAX_16
                || Integer.toUnsignedLong(a.gid()) > MAX_16
                || a.mtimeSeconds() != buildTimeSeconds
                || a.mtimeNanos() != buildTimeNanos;
    }

    /** Bytes of inode and attributes, in front of what is inlined. */
    int headerBytes() {
        return (extended ? EXTENDED_SIZE : COMPACT_SIZE) + xattrs.sizeBytes();
    }

    /** Bytes of content that are in blocks, its own or shared ones. */
    long blockBytes() {
        return size - inlineBytes;
    }

    /** Inode and attributes. */
    byte[] encode() {
        byte[] bytes = new byte[headerBytes()];
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Attributes a = inode.attributes();
        int layout = inlineBytes > 0 ? FLAT_INLINE : FLAT_PLAIN;
        b.putShort(FORMAT, (short) ((extended ? VERSION_EXTENDED : 0) | (layout << LAYOUT_SHIFT)));
        b.putShort(XATTR_ICOUNT, (short) xattrs.icount());
        b.putShort(MODE, (short) (inode.type().modeBits() | a.permissions()));
        b.putInt(UNION, union());
        b.putInt(INO, ino);
        if (extended) {
            b.putLong(X_SIZE, size);
            b.putInt(X_UID, a.uid());
            b.putInt(X_GID, a.gid());
            b.putLong(X_MTIME, a.mtimeSeconds());
            b.putInt(X_MTIME_NSEC, a.mtimeNanos());
            b.putInt(X_NLINK, (int) linkCount);
        } else {
            b.putShort(C_NLINK, (short) linkCount);
            b.putInt(C_SIZE, (int) size);
            b.putShort(C_UID, (short) a.uid());
            b.putShort(C_GID, (short) a.gid());
        }
        xattrs.encode(b.position(extended ? EXTENDED_SIZE : COMPACT_SIZE));
        return bytes;
    }

    /** i_u: a device's number, or the first block of content. */
    private int union() {
        return switch (inode.type()) {
            case CHARACTER_DEVICE, BLOCK_DEVICE -> encodedDevice(inode.major(), inode.minor());
            case FIFO -> 0;
            case REGULAR, DIRECTORY, SYMLINK -> (int) blocksOf.firstBlock;
        };
    }

    /** Linux include/linux/kdev_t.h, new_encode_dev. */
    private static int encodedDevice(int major, int minor) {
        return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
    }
}
