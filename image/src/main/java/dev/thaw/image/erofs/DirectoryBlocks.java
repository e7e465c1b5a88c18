// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.tree.Inode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A folder's content: blocks, each with its entries in front and their names behind them. All names, "." and ".."
 * among them, are sorted by their bytes, over the blocks too: the kernel searches in halves. A name ends where the next
 * one begins, the last one at a NUL or the block's end. Source: Linux 6.1 fs/erofs/erofs_fs.h, struct erofs_dirent (12
 * bytes), and fs/erofs/namei.c. Confined to one thread.
 */
final class DirectoryBlocks {
    private static final int DIRENT_SIZE = 12, NAME_OFFSET = 8, FILE_TYPE = 10;

    private final PlannedInode directory;
    private final Function<Inode, PlannedInode> planOf;
    private final List<String> names;
    private int done;

    /** The blocks of a folder, from the first on; each is made when it is asked for. */
    DirectoryBlocks(PlannedInode directory, Function<Inode, PlannedInode> planOf) {
        this.directory = directory;
        this.planOf = planOf;
        this.names = names(directory.inode);
    }

    /** Length of the folder's content in bytes; all blocks but the last count in full. */
    static long sizeBytes(Inode directory) {
        List<String> names = names(directory);
        long fullBlocks = 0;
        int from = 0;
        for (int end = endOfBlock(names, from); end < names.size(); end = endOfBlock(names, from)) {
            fullBlocks++;
            from = end;
        }
        return fullBlocks * Superblock.BLOCK_SIZE + usedBytes(names.subList(from, names.size()));
    }

    /** Passes over so many blocks. */
    void skip(long blocks) {
        for (long i = 0; i < blocks; i++) {
            done = endOfBlock(names, done);
        }
    }

    /** The next block; the last one cut to its used length. */
    byte[] next() {
        int end = endOfBlock(names, done);
        List<String> inBlock = names.subList(done, end);
        done = end;
        int length = end < names.size() ? Superblock.BLOCK_SIZE : usedBytes(inBlock);
        return block(inBlock, length);
    }

    /** The first name behind the block that begins with the given one. */
    private static int endOfBlock(List<String> names, int from) {
        int end = from;
        int used = 0;
        while (end < names.size() && used + usedBytes(names.get(end)) <= Superblock.BLOCK_SIZE) {
            used += usedBytes(names.get(end));
            end++;
        }
        return end;
    }

    private static int usedBytes(List<String> names) {
        return names.stream().mapToInt(DirectoryBlocks::usedBytes).sum();
    }

    private static int usedBytes(String name) {
        return DIRENT_SIZE + name.length();
    }

    private byte[] block(List<String> inBlock, int length) {
        ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        int nameAt = inBlock.size() * DIRENT_SIZE;
        for (int i = 0; i < inBlock.size(); i++) {
            PlannedInode child = child(inBlock.get(i));
            int at = i * DIRENT_SIZE;
            b.putLong(at, child.nid);
            b.putShort(at + NAME_OFFSET, (short) nameAt);
            b.put(at + FILE_TYPE, (byte) child.inode.type().direntType());
            byte[] name = inBlock.get(i).getBytes(StandardCharsets.ISO_8859_1);
            b.put(nameAt, name);
            nameAt += name.length;
        }
        return b.array();
    }

    private PlannedInode child(String name) {
        return switch (name) {
            case "." -> directory;
            case ".." -> directory.parent;
            default -> planOf.apply(directory.inode.child(name));
        };
    }

    private static List<String> names(Inode directory) {
        List<String> names = new ArrayList<>(directory.children().size() + 2);
        names.add(".");
        names.add("..");
        names.addAll(directory.children().keySet());
        names.sort(null); // chars are bytes, so this is the bytes' order; it only has to move the first two
        return names;
    }
}
