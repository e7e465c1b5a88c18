// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

/**
 * Content that never changes, named by what it is. Immutable.
 *
 * @param kind what is hashed
 * @param sha256 the name: 64 hexadecimal digits
 * @param lengthBytes length of the content, holes included
 */
public record Blob(Kind kind, String sha256, long lengthBytes) {

    /** No machine that Thaw starts comes near it: 16 TiB. */
    static final long MAX_BYTES = 1L << 44;

    /** What the name is the SHA-256 of. */
    public enum Kind {
        /** Of the content. */
        WHOLE,
        /** Of the list of the SHA-256 of its chunks: holes cost nothing, and what has not changed is not read again. */
        CHUNKED
    }

    /**
     * Checks name and length.
     *
     * @throws IllegalArgumentException if one is not valid
     */
    public Blob {
        if (lengthBytes < 0 || lengthBytes > MAX_BYTES) {
            throw new IllegalArgumentException("a blob has 0 to " + MAX_BYTES + " bytes, not " + lengthBytes);
        }
        if (!BakeKey.isHash(sha256)) {
            throw new IllegalArgumentException(
                    "a SHA-256 has 64 hexadecimal digits (lower case), unlike '" + sha256 + "'");
        }
    }
}
