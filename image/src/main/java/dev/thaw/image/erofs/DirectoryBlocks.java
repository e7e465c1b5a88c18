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
 * bytes), and fs/erofs/namei.c.
 */
final class DirectoryBlocks {
    private static final int DIRENT_SIZE = 12, NAME_OFFSET = 8, FILE_TYPE = 10;

    private DirectoryBlocks() {}

    /** Length of the folder's content in bytes; all blocks but the last count in full. */
    static long sizeBytes(Inode directory) {
        long fullBlocks = 0;
        int used = 0;
        for (String name : names(directory)) {
            int needed = DIRENT_SIZE + name.length();
            if (used + needed > Superblock.BLOCK_SIZE) {
                fullBlocks++;
                used = 0;
            }
            used += needed;
        }
        return fullBlocks * Superblock.BLOCK_SIZE + used;
    }

    /** The folder's blocks, the last one cut to its used length. */
    static List<byte[]> encode(PlannedInode directory, Function<Inode, PlannedInode> planOf) {
        List<byte[]> blocks = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        int used = 0;
        for (String name : names(directory.inode)) {
            int needed = DIRENT_SIZE + name.length();
            if (used + needed > Superblock.BLOCK_SIZE) {
                blocks.add(block(directory, pending, Superblock.BLOCK_SIZE, planOf));
                pending.clear();
                used = 0;
            }
            pending.add(name);
            used += needed;
        }
        blocks.add(block(directory, pending, used, planOf));
        return blocks;
    }

    private static byte[] block(
            PlannedInode directory, List<String> names, int length, Function<Inode, PlannedInode> planOf) {
        ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        int nameAt = names.size() * DIRENT_SIZE;
        for (int i = 0; i < names.size(); i++) {
            PlannedInode child = child(directory, names.get(i), planOf);
            int at = i * DIRENT_SIZE;
            b.putLong(at, child.nid);
            b.putShort(at + NAME_OFFSET, (short) nameAt);
            b.put(at + FILE_TYPE, (byte) child.inode.type().direntType());
            byte[] name = names.get(i).getBytes(StandardCharsets.ISO_8859_1);
            b.put(nameAt, name);
            nameAt += name.length;
        }
        return b.array();
    }

    private static PlannedInode child(PlannedInode directory, String name, Function<Inode, PlannedInode> planOf) {
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
