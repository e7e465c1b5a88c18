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

    private final int bits;

    FileKind(int bits) {
        this.bits = bits;
    }

    /** As in a mode; shifted right by 12 it is the type of a directory entry. */
    public int bits() {
        return bits;
    }
}
