// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.math.BigDecimal;
import java.math.BigInteger;
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
    private static final int NANO_DIGITS = 9;

    /** In the words of {@link dev.thaw.image.testing.Listing}, so that both can be compared. */
    public String line(String linkedTo) {
        boolean isFolder = (mode & DiskInode.TYPE) == DiskInode.FOLDER;
        String more = switch (mode & DiskInode.TYPE) {
            case DiskInode.REGULAR -> content;
            case DiskInode.SYMLINK -> "-> " + content;
            default -> "";
        };
        BigInteger nanos = BigInteger.valueOf(mtimeSeconds)
                .multiply(BigInteger.valueOf(TimeUnit.SECONDS.toNanos(1)))
                .add(BigInteger.valueOf(mtimeNanos));
        return String.format(
                        "%06o %s:%s links=%s (%s) mtime=%s device=%s size=%s %s",
                        mode,
                        uid,
                        gid,
                        links,
                        linkedTo,
                        new BigDecimal(nanos, NANO_DIGITS).toPlainString(),
                        device(),
                        isFolder ? "" : size,
                        more)
                + xattrs.entrySet().stream()
                        .map(x -> x.getKey() + "=0x" + HexFormat.of().formatHex(x.getValue()))
                        .sorted()
                        .map(x -> " " + x)
                        .collect(Collectors.joining());
    }

    private String device() {
        boolean isDevice =
                (mode & DiskInode.TYPE) == DiskInode.CHARACTERS || (mode & DiskInode.TYPE) == DiskInode.BLOCKS;
        if (!isDevice) {
            return "0:0";
        }
        String[] numbers = content.split(",", 2);
        return Long.toHexString(Long.parseLong(numbers[0])) + ":" + Long.toHexString(Long.parseLong(numbers[1]));
    }
}
