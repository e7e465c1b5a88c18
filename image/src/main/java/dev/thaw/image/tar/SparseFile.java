// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;

/**
 * What the PAX records of a member say about holes in its content. Source: GNU tar manual, "Storing Sparse Files". Which
 * records make a file sparse is what Go's archive/tar takes: a version that it does not know is a plain file.
 *
 * @param mapIsInData format 1.0: the map stands in front of the data. Otherwise 0.0 or 0.1, and it is a record
 */
record SparseFile(PaxHeader pax, long offset, boolean mapIsInData) {
    /** Null if the records are not those of a sparse file. The offset is that of the header, for messages. */
    static SparseFile of(PaxHeader pax, long offset) throws InvalidImageException {
        String major = pax.text("GNU.sparse.major", offset);
        String minor = pax.text("GNU.sparse.minor", offset);
        if (major == null && minor == null) {
            return pax.text(PaxHeader.SPARSE_MAP, offset) == null ? null : new SparseFile(pax, offset, false);
        }
        return switch (major + "." + minor) {
            case "0.0", "0.1" -> new SparseFile(pax, offset, false);
            case "1.0" -> new SparseFile(pax, offset, true);
            default -> null;
        };
    }

    /** The file's name, as the member's own one is made up in some formats; null if it is not. */
    String name() throws InvalidImageException {
        return pax.text("GNU.sparse.name", offset);
    }

    /** The file, of which so many bytes are stored from the position on. */
    FileContent content(ByteRegion archive, long position, long stored) throws IOException {
        long size = pax.number("GNU.sparse.size", pax.number("GNU.sparse.realsize", stored, offset), offset);
        SparseMap map = new SparseMap(offset, size);
        if (!mapIsInData) {
            addPairs(map);
            return map.toContent(archive, position, stored);
        }
        SparseNumbers numbers = new SparseNumbers(archive.slice(position, stored), offset);
        long count = numbers.next();
        for (long i = 0; i < count; i++) {
            map.add(numbers.next(), numbers.next());
        }
        long mapBytes = numbers.paddedBytes();
        return map.toContent(archive, position + mapBytes, stored - mapBytes);
    }

    /** "offset,length,offset,length", and how many pairs that makes in a record of its own. */
    private void addPairs(SparseMap map) throws InvalidImageException {
        String text = pax.text(PaxHeader.SPARSE_MAP, offset);
        long expected = pax.number("GNU.sparse.numblocks", -1, offset);
        int at = 0;
        int end = text == null ? -1 : text.length();
        long count = 0;
        for (; at <= end; count++) {
            int middle = text.indexOf(',', at);
            if (middle < 0) {
                throw malformed("an odd count of numbers");
            }
            int next = text.indexOf(',', middle + 1);
            int stop = next < 0 ? end : next;
            map.add(
                    SparseNumbers.parse(text.substring(at, middle), offset),
                    SparseNumbers.parse(text.substring(middle + 1, stop), offset));
            at = stop + 1;
        }
        if (count != expected) {
            throw malformed(count + " pieces, and GNU.sparse.numblocks says " + expected);
        }
    }

    private InvalidImageException malformed(String what) {
        return new InvalidImageException("tar header at offset " + offset + ": a sparse map of " + what);
    }
}
