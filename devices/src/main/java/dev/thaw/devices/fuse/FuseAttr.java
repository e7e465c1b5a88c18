// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Attributes;
import java.nio.ByteBuffer;

/** What a node is. Source: linux/fuse.h, fuse_attr, 88 bytes. */
record FuseAttr(Attributes attributes) {
    static final int INODE = 0, LENGTH = 8, BLOCKS = 16, ACCESSED = 24, MODIFIED = 32, CHANGED = 40;
    static final int ACCESSED_NANOS = 48, MODIFIED_NANOS = 52, CHANGED_NANOS = 56, MODE = 60, LINKS = 64;
    static final int UID = 68, GID = 72, DEVICE = 76, BLOCK_BYTES = 80, FLAGS = 84, SIZE = 88;

    /** Writes at an index of a little-endian buffer. */
    void put(ByteBuffer b, int at) {
        Attributes a = attributes;
        b.putLong(at + INODE, a.inode());
        b.putLong(at + LENGTH, a.size());
        b.putLong(at + BLOCKS, a.blocks());
        b.putLong(at + ACCESSED, a.accessed().seconds());
        b.putLong(at + MODIFIED, a.modified().seconds());
        b.putLong(at + CHANGED, a.changed().seconds());
        b.putInt(at + ACCESSED_NANOS, a.accessed().nanoseconds());
        b.putInt(at + MODIFIED_NANOS, a.modified().nanoseconds());
        b.putInt(at + CHANGED_NANOS, a.changed().nanoseconds());
        b.putInt(at + MODE, a.kind().bits() | a.permissions());
        b.putInt(at + LINKS, (int) Math.min(a.links(), 0xffff_ffffL));
        b.putInt(at + UID, a.uid());
        b.putInt(at + GID, a.gid());
        b.putInt(at + DEVICE, a.device());
        b.putInt(at + BLOCK_BYTES, a.preferredIoBytes());
        b.putInt(at + FLAGS, 0);
    }
}
