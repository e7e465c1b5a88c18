// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.InodeType;
import java.util.Arrays;
import java.util.IdentityHashMap;

/** Where a disk has the contents of its files. Confined to one thread. */
public final class ContentPlaces {
    private final IdentityHashMap<FileContent, PlannedInode> inodes = new IdentityHashMap<>();
    private final long metaStart;

    ContentPlaces(Layout layout) {
        metaStart = layout.metaBlock * Superblock.BLOCK_SIZE;
        for (PlannedInode planned : layout.inodes) {
            if (planned.inode.type() == InodeType.REGULAR && planned.size > 0) {
                inodes.put(planned.inode.content(), planned);
            }
        }
    }

    /** Whether the disk has it in blocks, so that it shares them with whatever is equal to it: {@link SharedContents}. */
    public boolean isStoredOnce(FileContent content) {
        PlannedInode planned = inodes.get(content);
        return planned != null && planned.blockBytes() > 0;
    }

    /**
     * The pieces of that very content, as {@link FileContent#sparse} takes them, with positions on the disk; null if it is
     * not on the disk, or empty.
     */
    public long[] piecesOf(FileContent content) {
        PlannedInode planned = inodes.get(content);
        if (planned == null) {
            return null;
        }
        long inBlocks = planned.blockBytes();
        long tailAt = metaStart + planned.nid * PlannedInode.SLOT + planned.headerBytes();
        long[] blocks = {0, planned.blocksOf.firstBlock * Superblock.BLOCK_SIZE, inBlocks};
        long[] tail = {inBlocks, tailAt, planned.inlineBytes};
        if (planned.inlineBytes == 0) {
            return blocks;
        }
        if (inBlocks == 0) {
            return tail;
        }
        long[] both = Arrays.copyOf(blocks, 2 * FileContent.LONGS_PER_PIECE);
        System.arraycopy(tail, 0, both, FileContent.LONGS_PER_PIECE, FileContent.LONGS_PER_PIECE);
        return both;
    }
}
