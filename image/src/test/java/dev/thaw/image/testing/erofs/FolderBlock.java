// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A block of a folder: entries in front, their names behind them. Source: erofs_fs.h, struct erofs_dirent. */
final class FolderBlock {
    private static final int ENTRY = 12;

    private final ByteBuffer block;
    private final long folderNid;
    private final int count;

    /** Checks that there is at least one entry, and that the names follow each other inside of the block. */
    FolderBlock(ByteBuffer block, long folderNid) throws MalformedErofsException {
        this.block = block;
        this.folderNid = folderNid;
        ErofsReader.require(block.remaining() >= ENTRY, folderNid, "a folder block of " + block.remaining() + " bytes");
        int first = nameAt(0);
        ErofsReader.require(
                first >= ENTRY && first % ENTRY == 0 && first <= block.limit(), folderNid, "first name at " + first);
        count = first / ENTRY;
        for (int i = 1; i < count; i++) {
            ErofsReader.require(
                    nameAt(i) > nameAt(i - 1) && nameAt(i) <= block.limit(), folderNid, "a name at " + nameAt(i));
        }
    }

    int count() {
        return count;
    }

    long nid(int i) {
        return block.getLong(i * ENTRY);
    }

    int type(int i) {
        return block.get(i * ENTRY + 10);
    }

    /** The last name ends at a NUL or with the block. */
    String name(int i) throws MalformedErofsException {
        int from = nameAt(i);
        int to = i + 1 < count ? nameAt(i + 1) : block.limit();
        if (i + 1 == count) {
            for (int at = from; at < to; at++) {
                if (block.get(at) == 0) {
                    to = at;
                }
            }
        }
        ErofsReader.require(to > from, folderNid, "an empty name");
        return StandardCharsets.ISO_8859_1.decode(block.slice(from, to - from)).toString();
    }

    private int nameAt(int i) {
        return Short.toUnsignedInt(block.getShort(i * ENTRY + 8));
    }
}
