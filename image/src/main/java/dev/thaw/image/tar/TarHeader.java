// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.InvalidImageException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The 512 bytes in front of each member. Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar's tar.h,
 * oldgnu_header. All fields are text; numbers are octal, or base 256 if the first byte's high bit is set (GNU).
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
    private static final int DEV_MAJOR = 329, DEV_MINOR = 337;
    private static final int PREFIX = 345, PREFIX_LENGTH = 155;
    /** oldgnu_header: sparse map in the header, whether blocks with more follow, and the size with the holes. */
    static final int SPARSE = 386, SPARSE_IN_HEADER = 4, SPARSE_IS_EXTENDED = 482, SPARSE_REAL_SIZE = 483;

    static final int SPARSE_IN_EXTENSION = 21, EXTENSION_IS_EXTENDED = 504;

    private final byte[] block;
    private final long offset;

    /** A header whose checksum is right. The block is kept, not copied. */
    TarHeader(byte[] block, long offset) throws InvalidImageException {
        this.block = block;
        this.offset = offset;
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

    String name() {
        String name = text(NAME, NAME_LENGTH);
        boolean posix = Arrays.equals(block, MAGIC, MAGIC + POSIX_MAGIC.length, POSIX_MAGIC, 0, POSIX_MAGIC.length);
        String prefix = posix ? text(PREFIX, PREFIX_LENGTH) : ""; // GNU keeps other things there
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    String linkName() {
        return text(LINK_NAME, LINK_NAME_LENGTH);
    }

    long mode() throws InvalidImageException {
        return number(MODE, ID_LENGTH, "mode");
    }

    long uid() throws InvalidImageException {
        return number(UID, ID_LENGTH, "uid");
    }

    long gid() throws InvalidImageException {
        return number(GID, ID_LENGTH, "gid");
    }

    long size() throws InvalidImageException {
        return number(FILE_SIZE, LONG_LENGTH, "size");
    }

    long mtime() throws InvalidImageException {
        return number(MTIME, LONG_LENGTH, "mtime");
    }

    long major() throws InvalidImageException {
        return number(DEV_MAJOR, ID_LENGTH, "major device number");
    }

    long minor() throws InvalidImageException {
        return number(DEV_MINOR, ID_LENGTH, "minor device number");
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
        for (int i = start; i < end; i++) {
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
