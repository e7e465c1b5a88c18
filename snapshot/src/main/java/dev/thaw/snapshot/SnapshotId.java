// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

/**
 * The name of a snapshot: the hash of its bake key, or, of one that was taken of a running machine, of its manifest.
 * Immutable.
 *
 * @param sha256 64 hexadecimal digits
 */
public record SnapshotId(String sha256) implements Comparable<SnapshotId> {
    private static final int SHORT_DIGITS = 12;

    /**
     * Checks the digits.
     *
     * @throws IllegalArgumentException if it is not a hash
     */
    public SnapshotId {
        if (!BakeKey.isHash(sha256)) {
            throw new IllegalArgumentException("a snapshot is named by a SHA-256, 64 hexadecimal digits (lower case),"
                    + " unlike '" + sha256 + "'");
        }
    }

    /** Of what is baked with that key. */
    public static SnapshotId of(BakeKey key) {
        return new SnapshotId(key.sha256());
    }

    /** The beginning of the hash, enough to tell snapshots apart for people. */
    public String abbreviated() {
        return sha256.substring(0, SHORT_DIGITS);
    }

    @Override
    public int compareTo(SnapshotId other) {
        return sha256.compareTo(other.sha256);
    }

    @Override
    public String toString() {
        return sha256;
    }
}
