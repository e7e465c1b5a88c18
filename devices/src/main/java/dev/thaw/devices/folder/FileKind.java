// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/** What a node is. Device nodes of the host are shown and can't be opened. Source of the numbers: Linux, sys/stat.h. */
public enum FileKind {
    FIFO(0010000),
    CHARACTER_DEVICE(0020000),
    FOLDER(0040000),
    BLOCK_DEVICE(0060000),
    FILE(0100000),
    SYMLINK(0120000),
    SOCKET(0140000);

    /** The bits of a mode that tell the kind. */
    public static final int MASK = 0170000;

    private static final FileKind[] BY_TYPE = new FileKind[16];

    static {
        for (FileKind kind : values()) {
            BY_TYPE[kind.bits >> 12] = kind;
        }
    }

    private final int bits;

    FileKind(int bits) {
        this.bits = bits;
    }

    /** What a mode says, or the type of a directory entry shifted left by 12; null if that is none of these. */
    public static FileKind ofMode(int mode) {
        return BY_TYPE[(mode & MASK) >> 12];
    }

    /** As in a mode; shifted right by 12 it is the type of a directory entry. */
    public int bits() {
        return bits;
    }
}
