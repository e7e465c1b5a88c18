// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One attribute as it is stored, padded to four bytes: name length, namespace, value length, name, value. Source: Linux
 * 6.1 fs/erofs/erofs_fs.h, struct erofs_xattr_entry. Immutable; equal and ordered by its bytes.
 */
final class XattrEntry implements Comparable<XattrEntry> {
    private static final int HEADER_SIZE = 4, NAME_LENGTH = 0, NAME_INDEX = 1, VALUE_LENGTH = 2;
    private static final int MAX_NAME = 0xff, MAX_VALUE = 0xffff;

    private final byte[] bytes;

    /** Throws IllegalArgumentException if EROFS has no such namespace or name or value is too long. */
    XattrEntry(String fullName, byte[] value) {
        XattrName name = XattrName.of(fullName)
                .orElseThrow(() -> new IllegalArgumentException("EROFS has no attributes like " + fullName));
        byte[] suffix = name.suffix().getBytes(StandardCharsets.ISO_8859_1);
        if (suffix.length > MAX_NAME || value.length > MAX_VALUE) {
            throw new IllegalArgumentException(
                    "attribute with a name of " + suffix.length + " and a value of " + value.length + " bytes");
        }
        bytes = new byte[(HEADER_SIZE + suffix.length + value.length + 3) & ~3];
        bytes[NAME_LENGTH] = (byte) suffix.length;
        bytes[NAME_INDEX] = (byte) name.index();
        bytes[VALUE_LENGTH] = (byte) value.length;
        bytes[VALUE_LENGTH + 1] = (byte) (value.length >> 8);
        System.arraycopy(suffix, 0, bytes, HEADER_SIZE, suffix.length);
        System.arraycopy(value, 0, bytes, HEADER_SIZE + suffix.length, value.length);
    }

    /** The bytes themselves; callers don't change them. */
    byte[] bytes() {
        return bytes;
    }

    @Override
    public int compareTo(XattrEntry other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof XattrEntry entry && Arrays.equals(bytes, entry.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
