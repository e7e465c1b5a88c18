// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.FileKind;
import java.nio.ByteBuffer;

/**
 * An entry of a listing: a struct, the name, and zeros up to a multiple of 8. Source: linux/fuse.h, fuse_dirent, 24
 * bytes.
 */
@SuppressWarnings("ArrayRecordComponent") // made to be written, never compared
record FuseDirent(long inode, long position, FileKind kind, byte[] name) {
    static final int INODE = 0, POSITION = 8, NAME_LENGTH = 16, TYPE = 20, SIZE = 24;

    /** Programs skip entries with inode 0; this stands for one that is not known. */
    private static final long UNKNOWN_INODE = 0xffff_ffffL;

    /** How much room an entry takes. */
    static int bytes(byte[] name) {
        return (SIZE + name.length + 7) & ~7;
    }

    /** Writes at an index of a little-endian buffer, which has zeros there. */
    void put(ByteBuffer b, int at) {
        b.putLong(at + INODE, inode == 0 ? UNKNOWN_INODE : inode);
        b.putLong(at + POSITION, position);
        b.putInt(at + NAME_LENGTH, name.length);
        b.putInt(at + TYPE, kind.bits() >> 12);
        b.put(at + SIZE, name);
    }
}
