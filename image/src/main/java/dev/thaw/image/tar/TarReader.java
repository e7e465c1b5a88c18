// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Goes through an archive from header to header; contents are left where they are.
 *
 * <p>Extended headers are bounded (1 MiB), so an archive costs no more memory than its largest one. Global PAX headers
 * say nothing about the members behind them, as for Go's archive/tar and so for container engines. Not thread-safe.
 */
public final class TarReader {
    /** The longest extended header (PAX records, GNU long name): room for attributes of 64 KiB each, not for a bomb. */
    static final int MAX_EXTENDED_BYTES = 1 << 20;

    private static final int WINDOW = 1 << 16;
    /** What chown takes for "leave it", so that a new file stays root's. */
    private static final int UNCHANGED_ID = -1;

    private static final long MAX_DEVICE_NUMBER = 0xffff_ffffL;
    /** What mknod keeps of them. Linux's dev_t in 32 bits: linux/kdev_t.h, new_encode_dev. */
    private static final long MAJOR_MASK = 0xfff;

    private static final long MINOR_MASK = 0xfffff;

    private final ByteRegion archive;
    private byte[] window = new byte[0];
    private long windowStart;
    private long position;

    public TarReader(ByteRegion archive) {
        this.archive = archive;
    }

    /**
     * The next member, or null at the end: at two blocks of zeros, or where the archive's bytes end between members.
     *
     * @throws InvalidImageException if the archive is malformed, naming the offset
     */
    public TarEntry next() throws IOException {
        PaxHeader pax = PaxHeader.NONE;
        String longName = null;
        String longLink = null;
        while (position < archive.length()) {
            byte[] block = blockAt(position);
            if (TarHeader.isZero(block)) {
                checkEnd();
                break;
            }
            long offset = position;
            TarHeader header = new TarHeader(block, offset);
            position += TarHeader.SIZE;
            switch (header.type()) {
                case 'x' -> pax = PaxHeader.parse(extended(header.size(), offset), offset);
                case 'g' -> {
                    PaxHeader.parse(extended(header.size(), offset), offset);
                    pax = PaxHeader.NONE; // Go takes it for a member, and what stood in front for that member's
                    longName = null;
                    longLink = null;
                }
                case 'L' -> longName = string(extended(header.size(), offset));
                case 'K' -> longLink = string(extended(header.size(), offset));
                default -> {
                    return new Member(header, offset, pax, longName, longLink).toEntry();
                }
            }
        }
        if (pax != PaxHeader.NONE || longName != null || longLink != null) {
            throw new InvalidImageException(
                    "tar archive ends at offset " + position + ", right behind an extended header");
        }
        return null;
    }

    private void checkEnd() throws IOException {
        long second = position + TarHeader.SIZE;
        if (second < archive.length() && !TarHeader.isZero(blockAt(second))) {
            throw new InvalidImageException(
                    "no tar header at offset " + position + ": a block of zeros, and the one after it is not");
        }
    }

    private byte[] blockAt(long at) throws IOException {
        if (archive.length() - at < TarHeader.SIZE) {
            throw new InvalidImageException("tar archive is cut off: a header begins at offset " + at + ", and only "
                    + (archive.length() - at) + " bytes are left");
        }
        if (at < windowStart || at + TarHeader.SIZE > windowStart + window.length) {
            int length = (int) Math.min(WINDOW, archive.length() - at);
            if (window.length != length) {
                window = new byte[length];
            }
            archive.read(at, window, 0, length);
            windowStart = at;
        }
        int from = (int) (at - windowStart);
        return Arrays.copyOfRange(window, from, from + TarHeader.SIZE);
    }

    private byte[] extended(long size, long offset) throws IOException {
        if (size > MAX_EXTENDED_BYTES) {
            throw new InvalidImageException("tar header at offset " + offset + ": an extended header of " + size
                    + " bytes; at most " + MAX_EXTENDED_BYTES + " are accepted");
        }
        long start = position;
        skip(size, offset);
        byte[] data = new byte[(int) size];
        archive.read(start, data, 0, data.length);
        return data;
    }

    /** Passes over so many bytes of content and the padding behind it. */
    private void skip(long size, long offset) throws InvalidImageException {
        long left = archive.length() - position;
        if (size < 0 || size > left) {
            throw new InvalidImageException("tar header at offset " + offset + ": a content of " + size
                    + " bytes, and the archive has only " + left + " more");
        }
        long padded = (size + TarHeader.SIZE - 1) / TarHeader.SIZE * TarHeader.SIZE;
        position += Math.min(padded, left); // the last padding may be missing
    }

    private static String string(byte[] data) {
        int end = 0;
        while (end < data.length && data[end] != 0) {
            end++;
        }
        return new String(data, 0, end, StandardCharsets.ISO_8859_1);
    }

    /** A header together with the extended headers in front of it. */
    private final class Member {
        private final TarHeader header;
        private final long offset;
        private final PaxHeader pax;
        private final String longName;
        private final String longLink;

        Member(TarHeader header, long offset, PaxHeader pax, String longName, String longLink) {
            this.header = header;
            this.offset = offset;
            this.pax = pax;
            this.longName = longName;
            this.longLink = longLink;
        }

        TarEntry toEntry() throws IOException {
            String name = first(longName, pax.text("path", offset), header.name());
            TarEntry.Type type = type(name);
            SparseFile sparse = SparseFile.of(pax, offset);
            if (sparse != null && type != TarEntry.Type.FILE) {
                throw new InvalidImageException("tar header at offset " + offset + ": a sparse map, but no file");
            }
            FileContent content = type == TarEntry.Type.FILE ? content(sparse) : FileContent.EMPTY;
            boolean isLink = type == TarEntry.Type.HARD_LINK || type == TarEntry.Type.SYMLINK;
            boolean isDevice = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
            return new TarEntry(
                    offset,
                    type,
                    sparse == null ? name : first(sparse.name(), name),
                    isLink ? first(longLink, pax.text("linkpath", offset), header.linkName()) : "",
                    attributes(),
                    isDevice ? device("major", header.major(), MAJOR_MASK) : 0,
                    isDevice ? device("minor", header.minor(), MINOR_MASK) : 0,
                    content);
        }

        private TarEntry.Type type(String name) throws InvalidImageException {
            return switch (header.type()) {
                case '\0' -> name.endsWith("/") ? TarEntry.Type.DIRECTORY : TarEntry.Type.FILE; // v7 had no other way
                case '0', '7', 'S' -> TarEntry.Type.FILE;
                case '1' -> TarEntry.Type.HARD_LINK;
                case '2' -> TarEntry.Type.SYMLINK;
                case '3' -> TarEntry.Type.CHARACTER_DEVICE;
                case '4' -> TarEntry.Type.BLOCK_DEVICE;
                case '5' -> TarEntry.Type.DIRECTORY;
                case '6' -> TarEntry.Type.FIFO;
                default ->
                    throw new InvalidImageException("tar header at offset " + offset + ": members of type 0x"
                            + Integer.toHexString(header.type()) + " are not supported");
            };
        }

        private Attributes attributes() throws InvalidImageException {
            time("atime", 0); // of no use, but an image that engines refuse is refused
            time("ctime", 0);
            PaxTime mtime = time("mtime", header.mtime());
            return new Attributes(
                    (int) header.mode() & 07777,
                    id("uid", header.uid()),
                    id("gid", header.gid()),
                    mtime.seconds(),
                    mtime.nanos(),
                    pax.xattrs());
        }

        private PaxTime time(String key, long fromHeader) throws InvalidImageException {
            String time = pax.text(key, offset);
            return time == null ? new PaxTime(fromHeader, 0) : PaxTime.parse(time, offset);
        }

        /** The lower 32 bits, which are what chown takes. Some archivers write a negative number for "nobody". */
        private int id(String key, long fromHeader) throws InvalidImageException {
            int id = (int) pax.number(key, fromHeader, offset);
            return id == UNCHANGED_ID ? 0 : id;
        }

        private int device(String which, long number, long mask) throws InvalidImageException {
            if (number < 0 || number > MAX_DEVICE_NUMBER) {
                throw new InvalidImageException("tar header at offset " + offset + ": a " + which + " device number of "
                        + number + "; 0 to " + MAX_DEVICE_NUMBER + " are accepted");
            }
            return (int) (number & mask);
        }

        private FileContent content(SparseFile sparse) throws IOException {
            long stored = pax.number("size", header.size(), offset);
            if (header.type() == 'S') {
                return oldGnuSparse(stored);
            }
            long start = position;
            skip(stored, offset);
            return sparse == null ? FileContent.whole(archive, start, stored) : sparse.content(archive, start, stored);
        }

        private FileContent oldGnuSparse(long stored) throws IOException {
            if (!header.isGnu()) { // star has another map in the same place
                throw new InvalidImageException(
                        "tar header at offset " + offset + ": a sparse file, but not in GNU's format");
            }
            SparseMap sparse = new SparseMap(offset, header.sparseRealSize());
            byte[] block = blockAt(offset);
            addOldGnu(sparse, block, TarHeader.SPARSE, TarHeader.SPARSE_IN_HEADER);
            boolean more = block[TarHeader.SPARSE_IS_EXTENDED] != 0;
            while (more) {
                block = blockAt(position);
                position += TarHeader.SIZE;
                addOldGnu(sparse, block, 0, TarHeader.SPARSE_IN_EXTENSION);
                more = block[TarHeader.EXTENSION_IS_EXTENDED] != 0;
            }
            long start = position;
            skip(stored, offset);
            return sparse.toContent(archive, start, stored);
        }

        private void addOldGnu(SparseMap sparse, byte[] block, int at, int slots) throws InvalidImageException {
            for (int i = 0; i < slots; i++) {
                int slot = at + i * 24;
                if (block[slot] == 0) {
                    break; // the first empty slot ends the map
                }
                sparse.add(
                        TarHeader.longNumber(block, slot, offset, "sparse offset"),
                        TarHeader.longNumber(block, slot + 12, offset, "sparse length"));
            }
        }
    }

    /** The first that says something: an empty long name says nothing, and the header's is the last word. */
    private static String first(String... candidates) {
        for (String candidate : candidates) {
            if (candidate != null && !candidate.isEmpty()) {
                return candidate;
            }
        }
        return "";
    }
}
