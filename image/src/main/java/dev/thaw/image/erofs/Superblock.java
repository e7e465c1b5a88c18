// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The superblock. Source: Linux 6.1 fs/erofs/erofs_fs.h, struct erofs_super_block; 128 bytes at byte 1024.
 *
 * @param rootNid inode number of the root folder
 * @param inodeCount number of inodes
 * @param buildTimeSeconds the time of all compact inodes, which have none of their own
 * @param buildTimeNanos likewise
 * @param blockCount size of the disk in blocks
 * @param metaBlock where inode numbers start to count
 * @param xattrBlock where ids of shared attributes start to count
 * @param uuid names the file system
 */
record Superblock(
        int rootNid,
        long inodeCount,
        long buildTimeSeconds,
        int buildTimeNanos,
        long blockCount,
        long metaBlock,
        long xattrBlock,
        UUID uuid) {
    static final int BLOCK_BITS = 12;
    static final int BLOCK_SIZE = 1 << BLOCK_BITS;
    static final int OFFSET = 1024;

    private static final int MAGIC_VALUE = 0xE0F5E1E2;
    private static final int FEATURE_COMPAT_SB_CHKSUM = 1, FEATURE_COMPAT_MTIME = 2;
    private static final int MAGIC = 0, CHECKSUM = 4, FEATURE_COMPAT = 8, BLKSZBITS = 12, ROOT_NID = 14, INOS = 16;
    private static final int BUILD_TIME = 24, BUILD_TIME_NSEC = 32, BLOCKS = 36, META_BLKADDR = 40, XATTR_BLKADDR = 44;
    private static final int UUID_BYTES = 48;

    /** The disk's first block, checksum included. */
    byte[] encodeBlock() {
        byte[] block = new byte[BLOCK_SIZE];
        ByteBuffer b =
                ByteBuffer.wrap(block, OFFSET, BLOCK_SIZE - OFFSET).slice().order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(MAGIC, MAGIC_VALUE);
        b.putInt(FEATURE_COMPAT, FEATURE_COMPAT_SB_CHKSUM | FEATURE_COMPAT_MTIME);
        b.put(BLKSZBITS, (byte) BLOCK_BITS);
        b.putShort(ROOT_NID, (short) rootNid);
        b.putLong(INOS, inodeCount);
        b.putLong(BUILD_TIME, buildTimeSeconds);
        b.putInt(BUILD_TIME_NSEC, buildTimeNanos);
        b.putInt(BLOCKS, (int) blockCount);
        b.putInt(META_BLKADDR, (int) metaBlock);
        b.putInt(XATTR_BLKADDR, (int) xattrBlock);
        ByteBuffer.wrap(block, OFFSET + UUID_BYTES, 16)
                .order(ByteOrder.BIG_ENDIAN)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits());
        // Over the rest of the block with the field itself zero; unlike zlib's, the kernel's crc32c is not inverted at
        // the end (fs/erofs/super.c, erofs_superblock_csum_verify).
        CRC32C crc = new CRC32C();
        crc.update(block, OFFSET, BLOCK_SIZE - OFFSET);
        b.putInt(CHECKSUM, ~(int) crc.getValue());
        return block;
    }
}
