// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.InvalidImageException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The 512 bytes in front of each member. Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar's tar.h,
 * oldgnu_header and star_header. All fields are text; numbers are octal, or base 256 if the first byte's high bit is set
 * (GNU).
 */
final class TarHeader {
    static final int SIZE = 512;

    private static final int NAME = 0, NAME_LENGTH = 100;
    private static final int MODE = 100, UID = 108, GID = 116, ID_LENGTH = 8;
    private static final int FILE_SIZE = 124, MTIME = 136, LONG_LENGTH = 12;
    private static final int CHECKSUM = 148, CHECKSUM_LENGTH = 8;
    private static final int TYPE = 156;
    private static final int LINK_NAME = 157, LINK_NAME_LENGTH = 100;
    private static final int MAGIC = 257;
    private static final byte[] POSIX_MAGIC = {'u', 's', 't', 'a', 'r', 0};
    private static final byte[] GNU_MAGIC = {'u', 's', 't', 'a', 'r', ' ', ' ', 0};
    private static final int STAR_TRAILER = 508;
    private static final byte[] STAR_MAGIC = {'t', 'a', 'r', 0};
    private static final int DEV_MAJOR = 329, DEV_MINOR = 337;
    private static final int PREFIX = 345, PREFIX_LENGTH = 155, STAR_PREFIX_LENGTH = 131;
    /** oldgnu_header has times where ustar has the prefix of the name. */
    private static final int GNU_ATIME = 345, GNU_CTIME = 357;
    /** oldgnu_header: sparse map in the header, whether blocks with more follow, and the size with the holes. */
    static final int SPARSE = 386, SPARSE_IN_HEADER = 4, SPARSE_IS_EXTENDED = 482, SPARSE_REAL_SIZE = 483;

    static final int SPARSE_IN_EXTENSION = 21, EXTENSION_IS_EXTENDED = 504;

    private enum Format {
        V7,
        USTAR,
        STAR,
        GNU
    }

    private final byte[] block;
    private final long offset;
    private final Format format;
    private final long mode;
    private final long uid;
    private final long gid;
    private final long size;
    private final long mtime;
    private final long major;
    private final long minor;

    /** A header whose checksum is right and whose numbers are numbers. The block is kept, not copied. */
    TarHeader(byte[] block, long offset) throws InvalidImageException {
        this.block = block;
        this.offset = offset;
        this.format = format(block);
        long expected = number(CHECKSUM, CHECKSUM_LENGTH, "checksum");
        long unsigned = 0;
        long signed = 0; // what some old archivers computed
        for (int i = 0; i < SIZE; i++) {
            byte b = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_LENGTH ? (byte) ' ' : block[i];
            unsigned += b & 0xff;
            signed += b;
        }
        if (expected != unsigned && expected != signed) {
            throw new InvalidImageException("no tar header at offset " + offset + ": its checksum is " + unsigned
                    + ", and the header says " + expected);
        }
        mode = number(MODE, ID_LENGTH, "mode");
        uid = number(UID, ID_LENGTH, "uid");
        gid = number(GID, ID_LENGTH, "gid");
        size = number(FILE_SIZE, LONG_LENGTH, "size");
        mtime = number(MTIME, LONG_LENGTH, "mtime");
        major = format == Format.V7 ? 0 : number(DEV_MAJOR, ID_LENGTH, "major device number");
        minor = format == Format.V7 ? 0 : number(DEV_MINOR, ID_LENGTH, "minor device number");
    }

    static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    char type() {
        return (char) (block[TYPE] & 0xff);
    }

    private static Format format(byte[] block) {
        if (has(block, MAGIC, POSIX_MAGIC)) {
            return has(block, STAR_TRAILER, STAR_MAGIC) ? Format.STAR : Format.USTAR;
        }
        return has(block, MAGIC, GNU_MAGIC) ? Format.GNU : Format.V7;
    }

    private static boolean has(byte[] block, int at, byte[] magic) {
        return Arrays.equals(block, at, at + magic.length, magic, 0, magic.length);
    }

    boolean isGnu() {
        return format == Format.GNU;
    }

    String name() {
        String name = text(NAME, NAME_LENGTH);
        String prefix = switch (format) {
            case V7 -> "";
            case USTAR -> text(PREFIX, PREFIX_LENGTH);
            case STAR -> text(PREFIX, STAR_PREFIX_LENGTH);
            case GNU -> prefixOfOldGo();
        };
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    /**
     * Go before 1.8, and so the Docker of that time, wrote prefixes into GNU headers, which have none. As Go still does,
     * takes them for what they are if they are no times.
     */
    private String prefixOfOldGo() {
        String prefix = text(PREFIX, PREFIX_LENGTH);
        boolean ascii = prefix.chars().allMatch(c -> c < 0x80);
        return ascii && !(isTimeOrUnused(GNU_ATIME) && isTimeOrUnused(GNU_CTIME)) ? prefix : "";
    }

    private boolean isTimeOrUnused(int at) {
        if (block[at] == 0) {
            return true;
        }
        try {
            number(at, LONG_LENGTH, "time");
            return true;
        } catch (InvalidImageException e) {
            return false; // the question was whether it is one
        }
    }

    String linkName() {
        return text(LINK_NAME, LINK_NAME_LENGTH);
    }

    long mode() {
        return mode;
    }

    long uid() {
        return uid;
    }

    long gid() {
        return gid;
    }

    long size() {
        return size;
    }

    long mtime() {
        return mtime;
    }

    /** Zero in a v7 header, which has no such field. */
    long major() {
        return major;
    }

    /** Zero in a v7 header, which has no such field. */
    long minor() {
        return minor;
    }

    long sparseRealSize() throws InvalidImageException {
        return number(SPARSE_REAL_SIZE, LONG_LENGTH, "size of the sparse file");
    }

    /** A number of twelve bytes in a sparse map, in a header or an extension block (which has no checksum). */
    static long longNumber(byte[] block, int at, long offset, String field) throws InvalidImageException {
        return number(block, at, LONG_LENGTH, offset, field);
    }

    private String text(int at, int length) {
        int end = at;
        while (end < at + length && block[end] != 0) {
            end++;
        }
        return new String(block, at, end - at, StandardCharsets.ISO_8859_1);
    }

    private long number(int at, int length, String field) throws InvalidImageException {
        return number(block, at, length, offset, field);
    }

    private static long number(byte[] block, int at, int length, long offset, String field)
            throws InvalidImageException {
        if ((block[at] & 0x80) != 0) {
            return base256(block, at, length, offset, field);
        }
        String text = new String(block, at, length, StandardCharsets.ISO_8859_1);
        int start = 0;
        int end = length;
        while (start < end && isPadding(text.charAt(start))) {
            start++;
        }
        while (end > start && isPadding(text.charAt(end - 1))) {
            end--;
        }
        long value = 0; // twelve octal digits at most: no overflow
        for (int i = start; i < end && text.charAt(i) != 0; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 7) {
                throw new InvalidImageException("tar header at offset " + offset + ": its " + field
                        + " is not an octal number: byte 0x" + Integer.toHexString(text.charAt(i)));
            }
            value = (value << 3) | digit;
        }
        return value;
    }

    /** Two's complement, big-endian; the first bit is the marker and the second one the sign. */
    private static long base256(byte[] block, int at, int length, long offset, String field)
            throws InvalidImageException {
        byte[] number = Arrays.copyOfRange(block, at, at + length);
        boolean negative = (number[0] & 0x40) != 0;
        number[0] = (byte) (negative ? number[0] | 0x80 : number[0] & 0x7f);
        BigInteger value = new BigInteger(number);
        if (value.bitLength() > 63) {
            throw new InvalidImageException(
                    "tar header at offset " + offset + ": its " + field + " does not fit into 64 bits");
        }
        return value.longValue();
    }

    private static boolean isPadding(char c) {
        return c == ' ' || c == 0;
    }
}
