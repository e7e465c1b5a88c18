// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.Digest;
import dev.thaw.image.tree.ByteRegion;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * What a layer consists of, and where a disk that was made of it has the contents of its files. With both, the layer need
 * not be unpacked to make another disk of it. Immutable.
 *
 * <p>As a file, with all numbers big-endian; strings and parts have an i32 for their length in front:
 *
 * <pre>
 * 8 bytes magic, i32 version, i64 length of the body, 32 bytes SHA-256 of the body
 * body: string diff id, string disk's key, string disk's digest, i64 disk's length, i32 its format,
 *       i32 absent contents, part: entries, part: where their contents lie (see {@link IndexedEntries})
 * </pre>
 */
public final class LayerIndex {
    /** Longest file that is read or written: some 400,000 entries. */
    public static final int MAX_BYTES = 1 << 26;

    private static final byte[] MAGIC = {'T', 'H', 'A', 'W', 'L', 'I', 'D', 'X'};
    private static final int VERSION = 1;
    private static final int HASH_BYTES = 32;
    private static final int VERSION_AT = MAGIC.length;
    private static final int LENGTH_AT = VERSION_AT + Integer.BYTES;
    private static final int HASH_AT = LENGTH_AT + Long.BYTES;
    private static final int BODY_AT = HASH_AT + HASH_BYTES;

    private final Digest diffId;
    private final IndexedDisk disk;
    private final int absentContents;
    private final ByteBuffer entries;
    private final ByteBuffer contents;

    LayerIndex(Digest diffId, IndexedDisk disk, int absentContents, ByteBuffer entries, ByteBuffer contents) {
        this.diffId = diffId;
        this.disk = disk;
        this.absentContents = absentContents;
        this.entries = entries;
        this.contents = contents;
    }

    /**
     * Reads a file. Its entries are read only when they are asked for.
     *
     * @throws MalformedIndexException if it is not an index of this version, damaged, or not that layer's
     */
    public static LayerIndex decode(byte[] file, Digest diffId) throws MalformedIndexException {
        try {
            IndexInput body = new IndexInput(checkedBody(file));
            Digest said = body.readDigest();
            if (!said.equals(diffId)) {
                throw new MalformedIndexException("it is that of layer " + said);
            }
            IndexedDisk disk = new IndexedDisk(body.readDigest(), body.readDigest(), body.readSize(), body.readInt());
            LayerIndex index = new LayerIndex(diffId, disk, body.readInt(), body.readPart(), body.readPart());
            if (body.hasMore()) {
                throw body.malformed("more than an index has");
            }
            return index;
        } catch (MalformedIndexException e) {
            throw new MalformedIndexException("the index of layer " + diffId + " can't be used: " + e.getMessage(), e);
        }
    }

    private static ByteBuffer checkedBody(byte[] file) throws MalformedIndexException {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        if (file.length < BODY_AT || !Arrays.equals(MAGIC, Arrays.copyOf(file, MAGIC.length))) {
            throw new MalformedIndexException("a file of " + file.length + " bytes that is no index");
        }
        if (bytes.getInt(VERSION_AT) != VERSION) {
            throw new MalformedIndexException(
                    "version " + bytes.getInt(VERSION_AT) + "; this program reads version " + VERSION);
        }
        int length = file.length - BODY_AT;
        if (bytes.getLong(LENGTH_AT) != length) {
            throw new MalformedIndexException("a body of " + length + " bytes; expected " + bytes.getLong(LENGTH_AT));
        }
        byte[] expected = Arrays.copyOfRange(file, HASH_AT, BODY_AT);
        if (!MessageDigest.isEqual(expected, hash(file))) {
            throw new MalformedIndexException("its checksum is wrong");
        }
        return bytes.slice(BODY_AT, length);
    }

    /** The file: the same for the same entries and the same disk. */
    public byte[] encode() {
        ByteArrayOutputStream file = new ByteArrayOutputStream(BODY_AT + entries.limit() + contents.limit() + 400);
        try (DataOutputStream out = new DataOutputStream(file)) {
            out.write(new byte[BODY_AT]);
            IndexedEntries.writeString(diffId.toString(), out);
            IndexedEntries.writeString(disk.key().toString(), out);
            IndexedEntries.writeString(disk.digest().toString(), out);
            out.writeLong(disk.sizeBytes());
            out.writeInt(disk.format());
            out.writeInt(absentContents);
            writePart(entries, out);
            writePart(contents, out);
        } catch (IOException e) {
            throw new IllegalStateException("memory can be written", e);
        }
        byte[] bytes = file.toByteArray();
        ByteBuffer header = ByteBuffer.wrap(bytes);
        header.put(MAGIC).putInt(VERSION).putLong((long) bytes.length - BODY_AT).put(hash(bytes));
        return bytes;
    }

    private static void writePart(ByteBuffer part, DataOutputStream out) throws IOException {
        byte[] bytes = new byte[part.limit()];
        part.get(0, bytes);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static byte[] hash(byte[] file) {
        MessageDigest hash = Digest.newSha256();
        hash.update(file, BODY_AT, file.length - BODY_AT);
        return hash.digest();
    }

    /** Of the layer. */
    public Digest diffId() {
        return diffId;
    }

    /** Where the contents are. */
    public IndexedDisk disk() {
        return disk;
    }

    /** How many files are not on the disk, as upper layers have replaced or removed them there. */
    public int absentContents() {
        return absentContents;
    }

    /**
     * All entries, once; they throw {@link MalformedIndexException} if they are not what they should be.
     *
     * @param region all of the disk, open for as long as contents are read
     */
    public EntrySource entries(ByteRegion region) {
        return new IndexedEntries(entries.duplicate(), contents.duplicate(), region);
    }
}
