// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.util.HexFormat;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * All that a disk tells of an inode.
 *
 * @param nid inode number
 * @param mode type and permissions, as in st_mode
 * @param content of a regular file the SHA-256 of its bytes, in hexadecimal digits; of a symlink its target; of a device
 *     {@code major,minor}; else empty
 * @param firstBlock number of the first block of content, 0 if no content is in blocks
 * @param xattrs full name to value; values must not be changed
 */
public record ErofsEntry(
        long nid,
        int mode,
        long uid,
        long gid,
        long links,
        long size,
        long mtimeSeconds,
        int mtimeNanos,
        String content,
        long firstBlock,
        SortedMap<String, byte[]> xattrs) {

    /** In the words of {@link dev.thaw.image.testing.Listing}, so that both can be compared. */
    public String line(String linkedTo) {
        String shown = switch (mode & DiskInode.TYPE) {
            case DiskInode.REGULAR -> size + " sha256:" + content;
            case DiskInode.SYMLINK -> "-> " + content;
            case DiskInode.FOLDER -> "";
            default -> "device " + rdev();
        };
        return String.format(
                        "%06o %s:%s links=%s (%s) mtime=%d %s",
                        mode, uid, gid, links, linkedTo, TimeUnit.SECONDS.toNanos(mtimeSeconds) + mtimeNanos, shown)
                + xattrs.entrySet().stream()
                        .map(x -> " " + x.getKey() + "=0x" + HexFormat.of().formatHex(x.getValue()))
                        .sorted()
                        .collect(Collectors.joining());
    }

    /** As the C library makes it of two numbers: sys/sysmacros.h, makedev. */
    private long rdev() {
        if (content.isEmpty()) {
            return 0;
        }
        String[] numbers = content.split(",", 2);
        long major = Long.parseLong(numbers[0]);
        long minor = Long.parseLong(numbers[1]);
        return (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xffL) << 12) | ((major & ~0xfffL) << 32);
    }
}
