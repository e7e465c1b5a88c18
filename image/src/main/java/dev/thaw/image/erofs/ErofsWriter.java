// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.tree.Inode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Writes a tree as one EROFS disk. Contents are copied through one buffer; what is held in memory is the tree. Confined
 * to one thread.
 */
public final class ErofsWriter {
    private static final int ROOT = 0;

    private final Layout layout;
    private final UUID uuid;

    /**
     * Plans the disk. The tree must not change any more. Files of the same length are read, to find those with the same
     * content.
     *
     * @param uuid of the file system; derive it from the content, so that the disk is a function of it
     * @throws dev.thaw.image.tree.InvalidImageException if the tree is larger than any disk, or has an inode with more
     *     attributes than EROFS can hold
     */
    public ErofsWriter(Inode root, UUID uuid) throws IOException {
        this.layout = new Layout(root);
        this.uuid = uuid;
    }

    /** Length of the disk, a multiple of 4096. */
    public long sizeBytes() {
        return layout.blockCount * Superblock.BLOCK_SIZE;
    }

    /** Where it has the contents of the tree's files. */
    public ContentPlaces contentPlaces() {
        return new ContentPlaces(layout);
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
                if (planned.ownBlockBytes > 0 && files == (planned.inode.content() != null)) {
                    out.padTo(planned.firstBlock * Superblock.BLOCK_SIZE);
                    writeContent(out, planned, 0, planned.ownBlockBytes);
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
                DirectoryBlocks blocks = new DirectoryBlocks(planned, layout::planOf);
                blocks.skip(from / Superblock.BLOCK_SIZE);
                for (long left = Layout.blocks(count); left > 0; left--) {
                    out.write(blocks.next());
                }
            }
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO ->
                throw new IllegalStateException("content of a " + planned.inode.type());
        }
    }
}
