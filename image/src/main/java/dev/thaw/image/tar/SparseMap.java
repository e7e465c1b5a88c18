// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.InvalidImageException;
import java.util.Arrays;

/**
 * Collects the pieces of a sparse file, which lie one after the other in the archive, and checks them. Confined to one
 * thread.
 */
final class SparseMap {
    /** 64 Ki pieces: GNU tar writes one for each run of data; a hostile map must not fill the heap. */
    private static final int MAX_PIECES = 1 << 16;

    private final long offset;
    private final long size;
    private long[] numbers = new long[8];
    private int count;

    /**
     * @param offset of the header, for messages
     * @param size of the file, holes included
     * @throws InvalidImageException if the size is negative, as numbers of base 256 can be
     */
    SparseMap(long offset, long size) throws InvalidImageException {
        this.offset = offset;
        this.size = size;
        if (size < 0) {
            throw malformed("a file of " + size + " bytes");
        }
    }

    /** Adds one piece; empty ones (GNU tar ends maps with one) are checked and dropped. */
    void add(long at, long length) throws InvalidImageException {
        long end = count == 0 ? 0 : numbers[count - 2] + numbers[count - 1];
        if (at < end || length < 0 || at > size || length > size - at) {
            throw malformed("piece at " + at + " of " + length + " bytes, after " + end + " and in a file of " + size);
        }
        if (length == 0) {
            return;
        }
        if (count == MAX_PIECES * 2) {
            throw malformed("more than " + MAX_PIECES + " pieces");
        }
        if (count == numbers.length) {
            numbers = Arrays.copyOf(numbers, count * 2);
        }
        numbers[count++] = at;
        numbers[count++] = length;
    }

    /** The file, whose data begins at the position and must be as long as the pieces together. */
    FileContent toContent(ByteRegion archive, long position, long storedBytes) throws InvalidImageException {
        long[] pieces = new long[count / 2 * 3];
        long at = position;
        for (int i = 0; i < count / 2; i++) {
            pieces[3 * i] = numbers[2 * i];
            pieces[3 * i + 1] = at;
            pieces[3 * i + 2] = numbers[2 * i + 1];
            at += numbers[2 * i + 1];
        }
        if (at - position != storedBytes) {
            throw malformed("its pieces have " + (at - position) + " bytes, and the archive has " + storedBytes);
        }
        return FileContent.sparse(archive, size, pieces);
    }

    private InvalidImageException malformed(String what) {
        return new InvalidImageException("tar header at offset " + offset + ": sparse map: " + what);
    }
}
