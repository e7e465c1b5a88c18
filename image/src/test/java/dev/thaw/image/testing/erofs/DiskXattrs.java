// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;

/** An inode's attributes. Source: erofs_fs.h, struct erofs_xattr_ibody_header and erofs_xattr_entry. */
final class DiskXattrs {
    private static final int HEADER = 12, ENTRY = 4;
    private static final String[] PREFIXES = {
        null, "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", null, "security."
    };

    private final DiskBytes disk;
    private final DiskHeader header;

    DiskXattrs(DiskBytes disk, DiskHeader header) {
        this.disk = disk;
        this.header = header;
    }

    /** Name to value; one name twice is malformed. */
    SortedMap<String, byte[]> of(DiskInode inode) throws IOException {
        SortedMap<String, byte[]> found = new TreeMap<>();
        if (inode.xattrBytes() == 0) {
            return found;
        }
        long at = inode.at() + inode.headerBytes();
        long end = at + inode.xattrBytes();
        int shared = Byte.toUnsignedInt(disk.read(at, HEADER, "attributes").get(4));
        at += HEADER;
        if (shared * 4L > end - at) {
            throw malformed(inode, shared + " shared attributes");
        }
        for (int i = 0; i < shared; i++) {
            long id = Integer.toUnsignedLong(disk.read(at, 4, "shared id").getInt(0));
            at += 4;
            add(inode, header.xattrAt() + 4 * id, Long.MAX_VALUE, found);
        }
        while (at < end) {
            at = add(inode, at, end, found);
        }
        return found;
    }

    /** Adds the attribute that stands there, and returns where the next one would. */
    private long add(DiskInode inode, long at, long end, SortedMap<String, byte[]> found) throws IOException {
        ByteBuffer entry = disk.read(at, ENTRY, "attribute");
        int nameLength = Byte.toUnsignedInt(entry.get(0));
        int index = entry.get(1);
        int valueLength = Short.toUnsignedInt(entry.getShort(2));
        long length = ENTRY + (nameLength + valueLength + 3L) / 4 * 4;
        if (length > end - at) {
            throw malformed(inode, "an attribute of " + length + " bytes, and " + (end - at) + " left");
        }
        if (index < 1 || index >= PREFIXES.length || PREFIXES[index] == null) {
            throw malformed(inode, "an attribute of namespace " + index);
        }
        byte[] name = new byte[nameLength];
        byte[] value = new byte[valueLength];
        disk.read(at + ENTRY, nameLength + valueLength, "attribute").get(name).get(value);
        if (found.put(PREFIXES[index] + new String(name, StandardCharsets.ISO_8859_1), value) != null) {
            throw malformed(inode, "an attribute twice");
        }
        return at + length;
    }

    private static MalformedErofsException malformed(DiskInode inode, String what) {
        return new MalformedErofsException("inode " + inode.nid() + ": " + what);
    }
}
