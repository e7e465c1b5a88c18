// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Gives every inode, attribute and content its place, before anything is written. What it computes depends on the tree
 * alone. Confined to one thread.
 */
final class Layout {
    /** The first slots stay empty: the C library takes an entry with inode number 0 for a deleted one. */
    private static final int FIRST_NID = 2;
    /** Blocks have 32-bit addresses. */
    private static final long MAX_BLOCKS = 0xffff_ffffL;

    /** All inodes: first the root, then level by level, a folder's children together and in the order of their names. */
    final List<PlannedInode> inodes = new ArrayList<>();

    final XattrBody.Shared sharedXattrs;
    final long sharedXattrBlock;
    final long metaBlock;
    final long blockCount;
    final Time buildTime;

    private final Map<Inode, PlannedInode> plans = new HashMap<>();

    /** A time of compact inodes. */
    record Time(long seconds, int nanos) implements Comparable<Time> {
        @Override
        public int compareTo(Time other) {
            int order = Long.compare(seconds, other.seconds);
            return order != 0 ? order : Integer.compare(nanos, other.nanos);
        }
    }

    Layout(Inode root) throws IOException {
        collect(root);
        buildTime = mostFrequentTime();
        sharedXattrs = planXattrs();
        for (PlannedInode planned : inodes) {
            planned.size = contentSize(planned.inode);
            planned.extended = planned.needsExtended(buildTime.seconds(), buildTime.nanos());
            checkBlocks(blocks(planned.size));
        }
        long metaBytes = placeInodes();
        new SharedContents().share(inodes);
        sharedXattrBlock = placeContents();
        metaBlock = sharedXattrBlock + blocks(sharedXattrs.sizeBytes());
        // fsck.erofs (1.5) reads a header of attributes behind each inode, also behind one that has none.
        blockCount = metaBlock + blocks(metaBytes + XattrBody.HEADER_SIZE);
        checkBlocks(blockCount);
    }

    private static void checkBlocks(long count) throws InvalidImageException {
        if (count > MAX_BLOCKS) {
            throw new InvalidImageException("its files take " + count + " blocks of " + Superblock.BLOCK_SIZE
                    + " bytes; an EROFS disk has at most " + MAX_BLOCKS);
        }
    }

    PlannedInode planOf(Inode inode) {
        return plans.get(inode);
    }

    static long blocks(long bytes) {
        return bytes / Superblock.BLOCK_SIZE + (bytes % Superblock.BLOCK_SIZE == 0 ? 0 : 1);
    }

    private void collect(Inode root) {
        Queue<PlannedInode> directories = new ArrayDeque<>();
        directories.add(plan(root, null));
        while (!directories.isEmpty()) {
            PlannedInode directory = directories.remove();
            directory.linkCount += 2; // its name (for the root: its own "..") and its "."
            for (Inode child : directory.inode.children().values()) {
                PlannedInode known = plans.get(child);
                PlannedInode planned = known == null ? plan(child, directory) : known;
                if (child.isDirectory()) {
                    directory.linkCount++;
                    directories.add(planned);
                } else {
                    planned.linkCount++;
                }
            }
        }
    }

    private PlannedInode plan(Inode inode, PlannedInode parent) {
        PlannedInode planned = new PlannedInode(inode, parent);
        plans.put(inode, planned);
        inodes.add(planned);
        planned.ino = inodes.size();
        return planned;
    }

    /** What most inodes have can be left out of them: half of their size. Among equals the earliest time is chosen. */
    private Time mostFrequentTime() {
        Map<Time, Integer> counts = new HashMap<>();
        for (PlannedInode planned : inodes) {
            Attributes a = planned.inode.attributes();
            counts.merge(new Time(a.mtimeSeconds(), a.mtimeNanos()), 1, Integer::sum);
        }
        return counts.entrySet().stream()
                .max(Map.Entry.<Time, Integer>comparingByValue()
                        .thenComparing(Map.Entry.<Time, Integer>comparingByKey().reversed()))
                .orElseThrow()
                .getKey();
    }

    private XattrBody.Shared planXattrs() throws InvalidImageException {
        Map<XattrEntry, Integer> counts = new HashMap<>();
        Map<PlannedInode, List<XattrEntry>> entriesOf = new HashMap<>();
        for (PlannedInode planned : inodes) {
            List<XattrEntry> entries = new ArrayList<>();
            planned.inode.attributes().xattrs().forEach((name, value) -> {
                XattrEntry entry = new XattrEntry(name, value);
                counts.merge(entry, 1, Integer::sum);
                entries.add(entry);
            });
            if (!entries.isEmpty()) {
                entriesOf.put(planned, entries);
            }
        }
        XattrBody.Shared shared = new XattrBody.Shared(counts);
        for (PlannedInode planned : inodes) {
            planned.xattrs = shared.bodyOf(entriesOf.getOrDefault(planned, List.of()));
            if (planned.xattrs.icount() > XattrBody.MAX_ICOUNT) {
                throw new InvalidImageException("extended attributes of " + planned.xattrs.sizeBytes()
                        + " bytes on one " + planned.inode.type() + "; an EROFS disk holds at most "
                        + XattrBody.MAX_BYTES);
            }
        }
        return shared;
    }

    private static long contentSize(Inode inode) {
        return switch (inode.type()) {
            case REGULAR -> inode.content().size();
            case DIRECTORY -> DirectoryBlocks.sizeBytes(inode);
            case SYMLINK -> inode.target().length();
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> 0;
        };
    }

    /** One inode behind the other; returns the length of them all. */
    private long placeInodes() {
        long at = (long) FIRST_NID * PlannedInode.SLOT;
        for (PlannedInode planned : inodes) {
            int header = planned.headerBytes();
            int tail = (int) (planned.size % Superblock.BLOCK_SIZE);
            // The kernel reads an inlined tail from the block in which the inode ends, so all of it must be in one
            // block. Moving on to the next block wastes less than a block of its own for the tail would.
            if (header + tail <= Superblock.BLOCK_SIZE) {
                planned.inlineBytes = tail;
            }
            planned.ownBlockBytes = planned.blockBytes();
            long left = Superblock.BLOCK_SIZE - at % Superblock.BLOCK_SIZE;
            if (planned.inlineBytes > 0 && header + tail > left) {
                at += left;
            }
            planned.nid = at / PlannedInode.SLOT;
            long end = at + header + planned.inlineBytes;
            at = (end + PlannedInode.SLOT - 1) / PlannedInode.SLOT * PlannedInode.SLOT;
        }
        return at;
    }

    /** Files, then everything else that has blocks of its own; returns the first block behind them. */
    private long placeContents() {
        long block = 1;
        for (boolean files : new boolean[] {true, false}) {
            for (PlannedInode planned : inodes) {
                if (planned.ownBlockBytes > 0 && files == (planned.inode.content() != null)) {
                    planned.firstBlock = block;
                    block = Math.addExact(block, blocks(planned.ownBlockBytes));
                }
            }
        }
        return block;
    }
}
