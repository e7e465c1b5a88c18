// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import dev.thaw.snapshot.disk.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The SHA-256 of each chunk of a large file. Its own SHA-256 names the file: a tree of two levels, of which only the
 * branches that change are hashed again. The format is in docs/store.md. Immutable.
 */
public final class ChunkList {
    static final int HASH_BYTES = 32;

    /** Smaller ones find changes better, larger ones make shorter lists. */
    private static final int MIN_CHUNK_BYTES = 64 * 1024;

    /** A list is never longer than 2 MiB. */
    private static final int MAX_CHUNKS = 64 * 1024;

    private static final byte[] MAGIC = "thaw-chunks 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES = MAGIC.length + Long.BYTES;

    private final long lengthBytes;
    private final byte[] hashes;

    /** Takes the array over. */
    ChunkList(long lengthBytes, byte[] hashes) {
        if (hashes.length != (long) HASH_BYTES * chunks(lengthBytes)) {
            throw new IllegalArgumentException(hashes.length + " bytes of hashes for a file of " + lengthBytes);
        }
        this.lengthBytes = lengthBytes;
        this.hashes = hashes;
    }

    /** How long the chunks of a file of that length are; the last one may be shorter. */
    static int chunkBytes(long lengthBytes) {
        long bytes = MIN_CHUNK_BYTES;
        while (lengthBytes > bytes * MAX_CHUNKS) {
            bytes *= 2;
        }
        return Math.toIntExact(bytes);
    }

    /** How many chunks a file of that length has. */
    static int chunks(long lengthBytes) {
        int chunk = chunkBytes(lengthBytes);
        return Math.toIntExact((lengthBytes + chunk - 1) / chunk);
    }

    /** Of the file, holes included. */
    public long lengthBytes() {
        return lengthBytes;
    }

    int chunkBytes() {
        return chunkBytes(lengthBytes);
    }

    /** Its own SHA-256: the file's name. */
    public String sha256() {
        return Sha256.of(encode());
    }

    /** Chunks that are not the same in both, of files of one length. */
    BitSet differences(ChunkList other) {
        if (other.lengthBytes != lengthBytes) {
            throw new IllegalArgumentException("lists of files of " + lengthBytes + " and " + other.lengthBytes);
        }
        BitSet different = new BitSet();
        for (int i = 0; i < hashes.length / HASH_BYTES; i++) {
            int from = i * HASH_BYTES;
            int to = from + HASH_BYTES;
            different.set(i, !Arrays.equals(hashes, from, to, other.hashes, from, to));
        }
        return different;
    }

    /** Chunks that have something in them; the last one counts as having. */
    BitSet chunksOfOtherThanZeros() {
        int count = hashes.length / HASH_BYTES;
        byte[] zeros = Sha256.newDigest().digest(new byte[(int) Math.min(chunkBytes(), lengthBytes)]);
        BitSet data = new BitSet();
        for (int i = 0; i < count; i++) {
            int from = i * HASH_BYTES;
            data.set(i, !Arrays.equals(hashes, from, from + HASH_BYTES, zeros, 0, HASH_BYTES));
        }
        return data;
    }

    /** A copy of all hashes, to make another list of. */
    byte[] hashes() {
        return hashes.clone();
    }

    /** The list as it is on disk. */
    byte[] encode() {
        return ByteBuffer.allocate(HEADER_BYTES + hashes.length)
                .put(MAGIC)
                .putLong(lengthBytes)
                .put(hashes)
                .array();
    }

    /** How long the list of a file of that length is. */
    static int encodedBytes(long lengthBytes) {
        return HEADER_BYTES + HASH_BYTES * chunks(lengthBytes);
    }

    /**
     * Reads a list of a file of that length.
     *
     * @throws MalformedChunkListException if it is not one
     */
    static ChunkList decode(byte[] bytes, long lengthBytes) throws MalformedChunkListException {
        if (bytes.length != encodedBytes(lengthBytes)) {
            throw new MalformedChunkListException("it has " + bytes.length + " bytes, and one of a file of "
                    + lengthBytes + " bytes has " + encodedBytes(lengthBytes));
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        byte[] magic = new byte[MAGIC.length];
        buffer.get(magic);
        long length = buffer.getLong();
        if (!Arrays.equals(magic, MAGIC) || length != lengthBytes) {
            throw new MalformedChunkListException("it does not begin as one of a file of " + lengthBytes + " bytes");
        }
        return new ChunkList(length, Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length));
    }
}
