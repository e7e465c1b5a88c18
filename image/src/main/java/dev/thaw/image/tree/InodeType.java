// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

/** What an inode is, with the numbers that stat and directory entries use for it. */
public enum InodeType {
    REGULAR(0100000, 1),
    DIRECTORY(0040000, 2),
    CHARACTER_DEVICE(0020000, 3),
    BLOCK_DEVICE(0060000, 4),
    FIFO(0010000, 5),
    SYMLINK(0120000, 7);

    private final int modeBits;
    private final int direntType;

    InodeType(int modeBits, int direntType) {
        this.modeBits = modeBits;
        this.direntType = direntType;
    }

    /** The bits of st_mode that say the type: linux/stat.h, S_IFMT. */
    public int modeBits() {
        return modeBits;
    }

    /** The type in a directory entry: linux/fs_types.h, FT_*. */
    public int direntType() {
        return direntType;
    }
}
