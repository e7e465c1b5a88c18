// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

/**
 * A file of a snapshot as it was when it was published.
 *
 * @param lengthBytes length of the content, holes included
 * @param sha256 hash of the whole content, 64 hexadecimal digits
 * @param seal what {@code stat} said; as long as it says the same, nobody has written to the file
 */
public record SealedFile(long lengthBytes, String sha256, Seal seal) {
    public SealedFile {
        if (lengthBytes < 0 || lengthBytes > Manifest.MAX_FILE_BYTES) {
            throw new IllegalArgumentException(
                    "a file has 0 to " + Manifest.MAX_FILE_BYTES + " bytes, not " + lengthBytes);
        }
        if (!BakeKey.isHash(sha256)) {
            throw new IllegalArgumentException(
                    "a SHA-256 has 64 hexadecimal digits (lower case), unlike '" + sha256 + "'");
        }
    }

    /**
     * Tells at no cost whether a file was touched.
     *
     * @param inode number of the inode: changes if the file is replaced
     * @param modifiedNanos mtime, nanoseconds of Unix time: changes if it is written to
     * @param changedNanos ctime, likewise: changes even if somebody sets the mtime back
     */
    public record Seal(long inode, long modifiedNanos, long changedNanos) {}
}
