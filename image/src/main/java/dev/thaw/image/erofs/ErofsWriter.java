// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.tree.Inode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/**
 * Writes a tree as one EROFS disk. Contents are copied through one buffer; what is held in memory is the tree. Confined
 * to one thread.
 */
public final class ErofsWriter {
    /** Blocks have 32-bit addresses. */
    private static final long MAX_BLOCKS = 0xffff_ffffL;

    private static final int ROOT = 0;

    private final Layout layout;
    private final UUID uuid;

    /**
     * Plans the disk. The tree must not change any more.
     *
     * @param uuid of the file system; derive it from the content, so that the disk is a function of it
     * @throws ArithmeticException if the contents are larger than any disk; callers check their sum before
     */
    public ErofsWriter(Inode root, UUID uuid) {
        this.layout = new Layout(root);
        this.uuid = uuid;
        if (layout.blockCount > MAX_BLOCKS) {
            throw new ArithmeticException(layout.blockCount + " blocks; EROFS has at most " + MAX_BLOCKS);
        }
    }

    /** Length of the disk, a multiple of 4096. */
    public long sizeBytes() {
        return layout.blockCount * Superblock.BLOCK_SIZE;
    }

    /** Writes all of it, in ascending order, to an output that is at its start. */
    public void writeTo(DiskOutput out) throws IOException {
        out.write(superblock().encodeBlock());
        writeContents(out);
        for (XattrEntry entry : layout.sharedXattrs.entries()) {
            out.write(entry.bytes());
        }
        writeInodes(out);
        out.padTo(sizeBytes());
    }

    private Superblock superblock() {
        return new Superblock(
                (int) layout.inodes.get(ROOT).nid,
                layout.inodes.size(),
                layout.buildTime.seconds(),
                layout.buildTime.nanos(),
                layout.blockCount,
                layout.metaBlock,
                layout.sharedXattrBlock,
                uuid);
    }

    private void writeContents(DiskOutput out) throws IOException {
        for (boolean files : new boolean[] {true, false}) {
            for (PlannedInode planned : layout.inodes) {
                if (planned.blockBytes() > 0 && files == (planned.inode.content() != null)) {
                    out.padTo(planned.firstBlock * Superblock.BLOCK_SIZE);
                    writeContent(out, planned, 0, planned.blockBytes());
                }
            }
        }
        out.padTo(layout.sharedXattrBlock * Superblock.BLOCK_SIZE);
    }

    private void writeInodes(DiskOutput out) throws IOException {
        long start = layout.metaBlock * Superblock.BLOCK_SIZE;
        for (PlannedInode planned : layout.inodes) {
            out.padTo(start + planned.nid * PlannedInode.SLOT);
            out.write(planned.encode());
            if (planned.inlineBytes > 0) {
                writeContent(out, planned, planned.blockBytes(), planned.inlineBytes);
            }
        }
    }

    /** Content in [from, from + count), where from is the start of a block. */
    private void writeContent(DiskOutput out, PlannedInode planned, long from, long count) throws IOException {
        switch (planned.inode.type()) {
            case REGULAR -> out.write(planned.inode.content(), from, count);
            case SYMLINK -> out.write(planned.inode.target().getBytes(StandardCharsets.ISO_8859_1));
            case DIRECTORY -> {
                List<byte[]> blocks = DirectoryBlocks.encode(planned, layout::planOf);
                int first = (int) (from / Superblock.BLOCK_SIZE);
                for (byte[] block : blocks.subList(first, first + (int) Layout.blocks(count))) {
                    out.write(block);
                }
            }
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO ->
                throw new IllegalStateException("content of a " + planned.inode.type());
        }
    }
}
