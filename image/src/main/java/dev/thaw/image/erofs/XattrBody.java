// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The attributes behind an inode: a header, the ids of shared ones, and those that are its own. Source: Linux 6.1
 * fs/erofs/erofs_fs.h, struct erofs_xattr_ibody_header. Immutable.
 */
final class XattrBody {
    static final XattrBody NONE = new XattrBody(List.of(), List.of());

    static final int HEADER_SIZE = 12;
    private static final int SHARED_COUNT = 4, ID_SIZE = 4;
    /** i_xattr_icount has 16 bits. */
    static final int MAX_ICOUNT = 0xffff, MAX_BYTES = HEADER_SIZE + (MAX_ICOUNT - 1) * ID_SIZE;
    /** EROFS_MAX_SHARED_XATTRS; more of them are stored inline. */
    private static final int MAX_SHARED = 128;

    private final List<Integer> sharedIds;
    private final List<XattrEntry> entries;

    private XattrBody(List<Integer> sharedIds, List<XattrEntry> entries) {
        this.sharedIds = sharedIds;
        this.entries = entries;
    }

    int sizeBytes() {
        if (sharedIds.isEmpty() && entries.isEmpty()) {
            return 0;
        }
        return HEADER_SIZE
                + ID_SIZE * sharedIds.size()
                + entries.stream().mapToInt(e -> e.bytes().length).sum();
    }

    /** i_xattr_icount: one for the header, and one for each four bytes behind it. */
    int icount() {
        int size = sizeBytes();
        return size == 0 ? 0 : 1 + (size - HEADER_SIZE) / ID_SIZE;
    }

    /** Puts it at the buffer's position; the buffer is little-endian. */
    void encode(ByteBuffer target) {
        if (sizeBytes() == 0) {
            return;
        }
        target.put(target.position() + SHARED_COUNT, (byte) sharedIds.size());
        target.position(target.position() + HEADER_SIZE);
        sharedIds.forEach(target::putInt);
        entries.forEach(entry -> target.put(entry.bytes()));
    }

    /**
     * The attributes that several inodes have, each stored once. An id is the distance from the start of the shared
     * area in units of four bytes.
     */
    static final class Shared {
        private final TreeMap<XattrEntry, Integer> ids = new TreeMap<>();
        private int sizeBytes;

        /** Shares every entry that is counted at least twice. */
        Shared(Map<XattrEntry, Integer> counts) {
            new TreeMap<>(counts).forEach((entry, count) -> {
                if (count > 1) {
                    ids.put(entry, sizeBytes / ID_SIZE);
                    sizeBytes = Math.addExact(sizeBytes, entry.bytes().length);
                }
            });
        }

        int sizeBytes() {
            return sizeBytes;
        }

        /** The entries in the order of their ids. */
        Iterable<XattrEntry> entries() {
            return ids.keySet();
        }

        XattrBody bodyOf(List<XattrEntry> entries) {
            if (entries.isEmpty()) {
                return NONE;
            }
            List<XattrEntry> shared =
                    entries.stream().filter(ids::containsKey).limit(MAX_SHARED).toList();
            return new XattrBody(
                    shared.stream().map(ids::get).toList(),
                    entries.stream().filter(e -> !shared.contains(e)).toList());
        }
    }
}
