// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Entry;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * What a name leads to, and for how long the guest may remember that. Source: linux/fuse.h, fuse_entry_out, 128 bytes.
 *
 * @param entry null if there is none: node 0, and the lifetime of knowing so. Nodes' numbers are never given to another
 *     file, so their generation is always 0
 */
record FuseEntryOut(Entry entry, Duration nameLifetime, Duration attributesLifetime) {
    static final int NODE = 0, GENERATION = 8, NAME_SECONDS = 16, ATTRIBUTES_SECONDS = 24;
    static final int NAME_NANOS = 32, ATTRIBUTES_NANOS = 36, ATTRIBUTES = 40, SIZE = ATTRIBUTES + FuseAttr.SIZE;

    /** Writes at an index of a little-endian buffer, which has zeros there. */
    void put(ByteBuffer b, int at) {
        b.putLong(at + NAME_SECONDS, nameLifetime.getSeconds());
        b.putInt(at + NAME_NANOS, nameLifetime.getNano());
        if (entry != null) {
            b.putLong(at + NODE, entry.node());
            b.putLong(at + ATTRIBUTES_SECONDS, attributesLifetime.getSeconds());
            b.putInt(at + ATTRIBUTES_NANOS, attributesLifetime.getNano());
            new FuseAttr(entry.attributes()).put(b, at + ATTRIBUTES);
        }
    }
}
