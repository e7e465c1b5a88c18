// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An inode as it lies on the disk. Source: erofs_fs.h, struct erofs_inode_compact and erofs_inode_extended.
 *
 * @param at offset of the inode
 * @param headerBytes of the inode itself
 * @param xattrBytes of attributes behind it
 * @param union device number, or block number of the content
 * @param inline whether the last part of the content lies behind the attributes
 */
record DiskInode(
        long nid,
        long at,
        int headerBytes,
        int xattrBytes,
        int mode,
        long links,
        long size,
        long uid,
        long gid,
        long mtimeSeconds,
        int mtimeNanos,
        int union,
        boolean inline) {
    static final int TYPE = 0170000, REGULAR = 0100000, FOLDER = 0040000, SYMLINK = 0120000;
    static final int CHARACTERS = 0020000, BLOCKS = 0060000, FIFO = 0010000, SOCKET = 0140000;
    private static final int SLOT = 32, COMPACT = 32, EXTENDED = 64;
    private static final int XATTR_HEADER = 12;

    static DiskInode read(DiskBytes disk, DiskHeader header, long nid) throws IOException {
        if (nid < 0 || nid > disk.size() / SLOT) {
            throw new MalformedErofsException("inode number " + Long.toUnsignedString(nid));
        }
        long at = header.metaAt() + nid * SLOT;
        String what = "inode " + nid;
        int format = Short.toUnsignedInt(disk.read(at, 2, what).getShort(0));
        int layout = format >> 1;
        if (layout != 0 && layout != 2) {
            throw new MalformedErofsException(what + ": data layout " + layout);
        }
        boolean extended = (format & 1) != 0;
        int headerBytes = extended ? EXTENDED : COMPACT;
        ByteBuffer b = disk.read(at, headerBytes, what);
        int icount = Short.toUnsignedInt(b.getShort(2));
        int xattrBytes = icount == 0 ? 0 : XATTR_HEADER + 4 * (icount - 1);
        disk.check(at + headerBytes, xattrBytes, what + "'s attributes");
        return extended
                ? extended(b, nid, at, xattrBytes, layout == 2)
                : compact(b, header, nid, at, xattrBytes, layout == 2);
    }

    private static DiskInode compact(
            ByteBuffer b, DiskHeader header, long nid, long at, int xattrBytes, boolean inline) {
        return new DiskInode(
                nid,
                at,
                COMPACT,
                xattrBytes,
                Short.toUnsignedInt(b.getShort(4)),
                Short.toUnsignedInt(b.getShort(6)),
                Integer.toUnsignedLong(b.getInt(8)),
                Short.toUnsignedInt(b.getShort(24)),
                Short.toUnsignedInt(b.getShort(26)),
                header.buildSeconds(),
                header.buildNanos(),
                b.getInt(16),
                inline);
    }

    private static DiskInode extended(ByteBuffer b, long nid, long at, int xattrBytes, boolean inline)
            throws MalformedErofsException {
        if (b.getLong(8) < 0 || b.getInt(40) < 0 || b.getInt(40) >= 1_000_000_000) {
            throw new MalformedErofsException(
                    "inode " + nid + ": size " + b.getLong(8) + ", nanoseconds " + b.getInt(40));
        }
        return new DiskInode(
                nid,
                at,
                EXTENDED,
                xattrBytes,
                Short.toUnsignedInt(b.getShort(4)),
                Integer.toUnsignedLong(b.getInt(44)),
                b.getLong(8),
                Integer.toUnsignedLong(b.getInt(24)),
                Integer.toUnsignedLong(b.getInt(28)),
                b.getLong(32),
                b.getInt(40),
                b.getInt(16),
                inline);
    }

    int type() {
        return mode & TYPE;
    }

    boolean isDevice() {
        return type() == CHARACTERS || type() == BLOCKS;
    }

    /** Bytes of content that are in blocks. */
    long inBlocks() {
        return inline ? size - size % DiskHeader.BLOCK : size;
    }

    /** Where the blocks are. */
    long blocksAt() {
        return Integer.toUnsignedLong(union) * DiskHeader.BLOCK;
    }

    /** Where the inlined part is. */
    long tailAt() {
        return at + headerBytes + xattrBytes;
    }

    /** As userspace sees it: 8 bits of minor, 12 of major, 12 of minor. */
    int major() {
        return (union >>> 8) & 0xfff;
    }

    int minor() {
        return (union & 0xff) | ((union >>> 12) & 0xfff00);
    }
}
