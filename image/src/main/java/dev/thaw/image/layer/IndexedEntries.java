// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.erofs.ContentPlaces;
import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The entries in an index, one after the other; contents are on the disk. Confined to one thread. An entry is
 *
 * <pre>
 * u8 type (tar's letter), i64 offset of its header in the archive, string name, i32 permissions, i32 uid, i32 gid,
 * i64 seconds, i32 nanoseconds, i32 number of attributes, then for each, in ascending order: string name, bytes value;
 * string target, of links only; i32 major, i32 minor, of devices only; i64 size, of files only
 * </pre>
 *
 * and for each file that is not empty there is, apart from that, what says where it lies:
 *
 * <pre>
 * u8 0 if it is not on the disk, else 1, or 2 if it shares its place with all that is equal to it (see
 * {@link FileContent#storedOnce}); then i32 number of pieces, for each: i64 offset in the file, i64 position, i64 length
 * </pre>
 *
 * Strings and bytes have an i32 for their length in front.
 */
final class IndexedEntries implements EntrySource {
    private static final int ABSENT = 0, STORED = 1, STORED_ONCE = 2;
    private static final int PIECE_BYTES = FileContent.LONGS_PER_PIECE * Long.BYTES;
    /** Of an attribute: the lengths of its name and value. */
    private static final int LEAST_XATTR_BYTES = 2 * Integer.BYTES;

    private final IndexInput entries;
    private final IndexInput contents;
    private final ByteRegion disk;

    IndexedEntries(ByteBuffer entries, ByteBuffer contents, ByteRegion disk) {
        this.entries = new IndexInput(entries);
        this.contents = new IndexInput(contents);
        this.disk = disk;
    }

    @Override
    public TarEntry next() throws MalformedIndexException {
        if (!entries.hasMore()) {
            if (contents.hasMore()) {
                throw contents.malformed("contents of no entry");
            }
            return null;
        }
        TarEntry.Type type = type(entries.readByte());
        long offset = entries.readSize();
        String name = name();
        Attributes attributes = attributes();
        String target = isLink(type) ? name() : "";
        boolean isDevice = isDevice(type);
        int major = isDevice ? entries.readInt() : 0;
        int minor = isDevice ? entries.readInt() : 0;
        FileContent content = type == TarEntry.Type.FILE ? content(entries.readSize()) : FileContent.EMPTY;
        return new TarEntry(offset, type, name, target, attributes, major, minor, content);
    }

    private String name() throws MalformedIndexException {
        String name = entries.readString();
        if (name.indexOf('\0') >= 0) {
            throw entries.malformed("a name with a NUL");
        }
        return name;
    }

    private Attributes attributes() throws MalformedIndexException {
        int permissions = entries.readInt();
        int uid = entries.readInt();
        int gid = entries.readInt();
        long seconds = entries.readLong();
        int nanos = entries.readInt();
        SortedMap<String, byte[]> xattrs = new TreeMap<>();
        for (int left = entries.readCount(LEAST_XATTR_BYTES); left > 0; left--) {
            String name = entries.readString();
            if (!xattrs.isEmpty() && xattrs.lastKey().compareTo(name) >= 0) {
                throw entries.malformed("attributes out of order");
            }
            xattrs.put(name, entries.readBytes());
        }
        try {
            return new Attributes(permissions, uid, gid, seconds, nanos, xattrs);
        } catch (IllegalArgumentException e) {
            throw new MalformedIndexException("attributes in front of byte " + entries.position(), e);
        }
    }

    private FileContent content(long size) throws MalformedIndexException {
        if (size == 0) {
            return FileContent.EMPTY;
        }
        int state = contents.readByte();
        if (state == ABSENT) {
            return FileContent.absent(size);
        }
        if (state != STORED && state != STORED_ONCE) {
            throw contents.malformed("a content of state " + state);
        }
        long[] pieces = pieces();
        try {
            return state == STORED_ONCE
                    ? FileContent.storedOnce(disk, size, pieces)
                    : FileContent.sparse(disk, size, pieces);
        } catch (IllegalArgumentException e) {
            throw new MalformedIndexException("pieces in front of byte " + contents.position(), e);
        }
    }

    private long[] pieces() throws MalformedIndexException {
        long[] pieces = new long[contents.readCount(PIECE_BYTES) * FileContent.LONGS_PER_PIECE];
        for (int i = 0; i < pieces.length; i += FileContent.LONGS_PER_PIECE) {
            pieces[i] = contents.readSize();
            pieces[i + 1] = contents.readSize();
            pieces[i + 2] = contents.readSize();
            if (pieces[i + 1] > disk.length() || pieces[i + 2] > disk.length() - pieces[i + 1]) {
                throw contents.malformed("a piece that does not lie on the disk");
            }
        }
        return pieces;
    }

    /** Adds an entry, without what says where its content lies. */
    static void write(TarEntry entry, DataOutput out) throws IOException {
        Attributes a = entry.attributes();
        out.writeByte(letter(entry.type()));
        out.writeLong(entry.offset());
        writeString(entry.name(), out);
        out.writeInt(a.permissions());
        out.writeInt(a.uid());
        out.writeInt(a.gid());
        out.writeLong(a.mtimeSeconds());
        out.writeInt(a.mtimeNanos());
        out.writeInt(a.xattrs().size());
        for (Map.Entry<String, byte[]> xattr : a.xattrs().entrySet()) {
            writeString(xattr.getKey(), out);
            out.writeInt(xattr.getValue().length);
            out.write(xattr.getValue());
        }
        if (isLink(entry.type())) {
            writeString(entry.linkName(), out);
        } else if (isDevice(entry.type())) {
            out.writeInt(entry.major());
            out.writeInt(entry.minor());
        } else if (entry.type() == TarEntry.Type.FILE) {
            out.writeLong(entry.content().size());
        }
    }

    /** Adds where a content lies. */
    static void writePlace(FileContent content, ContentPlaces places, DataOutput out) throws IOException {
        long[] pieces = places.piecesOf(content);
        if (pieces == null) {
            out.writeByte(ABSENT);
            return;
        }
        out.writeByte(places.isStoredOnce(content) ? STORED_ONCE : STORED);
        out.writeInt(pieces.length / FileContent.LONGS_PER_PIECE);
        for (long number : pieces) {
            out.writeLong(number);
        }
    }

    static void writeString(String string, DataOutput out) throws IOException {
        byte[] bytes = string.getBytes(StandardCharsets.ISO_8859_1);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static boolean isLink(TarEntry.Type type) {
        return type == TarEntry.Type.HARD_LINK || type == TarEntry.Type.SYMLINK;
    }

    private static boolean isDevice(TarEntry.Type type) {
        return type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
    }

    private static char letter(TarEntry.Type type) {
        return switch (type) {
            case FILE -> '0';
            case HARD_LINK -> '1';
            case SYMLINK -> '2';
            case CHARACTER_DEVICE -> '3';
            case BLOCK_DEVICE -> '4';
            case DIRECTORY -> '5';
            case FIFO -> '6';
        };
    }

    private TarEntry.Type type(int letter) throws MalformedIndexException {
        for (TarEntry.Type type : TarEntry.Type.values()) {
            if (letter(type) == letter) {
                return type;
            }
        }
        throw entries.malformed("an entry of type " + letter);
    }
}
