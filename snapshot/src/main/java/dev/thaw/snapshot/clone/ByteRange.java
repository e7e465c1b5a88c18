// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

/** Bytes of a file, from {@code offset}; never negative, never beyond what a file's length can be. */
public record ByteRange(long offset, long length) {
    public ByteRange {
        if (offset < 0 || length < 0 || Long.MAX_VALUE - offset < length) {
            throw new IllegalArgumentException("no range of a file: offset " + offset + ", length " + length);
        }
    }

    /** Of the bytes from {@code offset} up to, but not including, {@code end}. */
    public static ByteRange between(long offset, long end) {
        return new ByteRange(offset, end - offset);
    }

    /** The first offset behind the range. */
    public long end() {
        return offset + length;
    }
}
