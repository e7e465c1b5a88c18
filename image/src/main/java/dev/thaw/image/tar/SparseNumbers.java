// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;

/** The decimal numbers, one a line, in front of the data of a sparse file (PAX format 1.0). Confined to one thread. */
final class SparseNumbers {
    private static final int MAX_DIGITS = 18;

    private final ByteRegion data;
    private final long offset;
    private final byte[] block = new byte[TarHeader.SIZE];
    private long position;

    SparseNumbers(ByteRegion data, long offset) {
        this.data = data;
        this.offset = offset;
    }

    long next() throws IOException {
        StringBuilder digits = new StringBuilder();
        for (int c = nextByte(); c != '\n'; c = nextByte()) {
            digits.append((char) c);
            if (digits.length() > MAX_DIGITS) {
                break;
            }
        }
        return parse(digits.toString(), offset);
    }

    /** How many bytes the numbers take, with the padding to a whole block. */
    long paddedBytes() {
        return Math.min(data.length(), (position + TarHeader.SIZE - 1) / TarHeader.SIZE * TarHeader.SIZE);
    }

    static long parse(String digits, long offset) throws InvalidImageException {
        boolean valid = !digits.isEmpty() && digits.length() <= MAX_DIGITS;
        for (int i = 0; valid && i < digits.length(); i++) {
            valid = digits.charAt(i) >= '0' && digits.charAt(i) <= '9';
        }
        if (!valid) {
            throw new InvalidImageException(
                    "tar header at offset " + offset + ": a sparse map has something that is not a number");
        }
        return Long.parseLong(digits);
    }

    private int nextByte() throws IOException {
        int inBlock = (int) (position % TarHeader.SIZE);
        if (inBlock == 0) {
            if (data.length() - position < TarHeader.SIZE) {
                throw new InvalidImageException("tar header at offset " + offset + ": its sparse map is cut off");
            }
            data.read(position, block, 0, block.length);
        }
        position++;
        return block[inBlock] & 0xff;
    }
}
