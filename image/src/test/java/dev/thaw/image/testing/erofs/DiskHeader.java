// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** What the superblock says. Source: erofs_fs.h, struct erofs_super_block. */
record DiskHeader(
        int rootNid, long inodeCount, long buildSeconds, int buildNanos, long blocks, long metaAt, long xattrAt) {
    static final int BLOCK = 4096;
    private static final int AT = 1024, LENGTH = 128;
    private static final int MAGIC = 0xE0F5E1E2;
    private static final int HAS_CHECKSUM = 1, ZERO_PADDING = 1;

    static DiskHeader read(DiskBytes disk) throws IOException {
        ByteBuffer b = disk.read(AT, LENGTH, "superblock");
        require(b.getInt(0) == MAGIC, "magic " + Integer.toHexString(b.getInt(0)));
        require(b.get(12) == 12, "blocks of 2^" + b.get(12) + " bytes");
        // Zero padding only says how compressed data would lie.
        require((b.getInt(80) & ~ZERO_PADDING) == 0, "incompatible features " + Integer.toHexString(b.getInt(80)));
        require(b.get(13) == 0 && b.getShort(86) == 0 && b.get(90) == 0, "extensions, devices or folder blocks");
        if ((b.getInt(8) & HAS_CHECKSUM) != 0) {
            checkChecksum(disk, b.getInt(4));
        }
        long blocks = Integer.toUnsignedLong(b.getInt(36));
        disk.check(0, blocks * BLOCK, "all blocks");
        require(b.getInt(32) >= 0 && b.getInt(32) < 1_000_000_000, "build time of " + b.getInt(32) + " ns");
        return new DiskHeader(
                Short.toUnsignedInt(b.getShort(14)),
                b.getLong(16),
                b.getLong(24),
                b.getInt(32),
                blocks,
                Integer.toUnsignedLong(b.getInt(40)) * BLOCK,
                Integer.toUnsignedLong(b.getInt(44)) * BLOCK);
    }

    /** CRC-32C of the rest of the first block, without the inversion at its end. */
    private static void checkChecksum(DiskBytes disk, int expected) throws IOException {
        byte[] block = disk.read(AT, BLOCK - AT, "first block").array();
        block[4] = block[5] = block[6] = block[7] = 0;
        CRC32C crc = new CRC32C();
        crc.update(block);
        require((int) ~crc.getValue() == expected, "a wrong checksum");
    }

    private static void require(boolean condition, String what) throws MalformedErofsException {
        if (!condition) {
            throw new MalformedErofsException("superblock: " + what);
        }
    }
}
