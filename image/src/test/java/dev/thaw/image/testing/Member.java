// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** One member of a tar archive, encoded without the code under test. Strings are bytes, one char each. */
public final class Member {
    private static final int BLOCK = 512, NAME_LENGTH = 100, PREFIX_LENGTH = 155;

    /** How names and numbers are written that do not fit into their fields, and what the header's magic is. */
    public enum Format {
        /** No magic, so that everything has to fit and devices have no numbers. */
        V7,
        /** Long names are split where a slash lets them be; whatever else does not fit gets a PAX record. */
        USTAR,
        PAX,
        /** Long names in members of their own, numbers of base 256. */
        GNU
    }

    private final char type;
    private final String name;
    private final String linkName;
    private final byte[] content;
    private final List<Map.Entry<String, byte[]>> pax = new ArrayList<>();
    private Format format = Format.PAX;
    private String owner = "";
    private int mode;
    private long uid;
    private long gid;
    private long mtime = 1_700_000_000;
    private int major;
    private int minor;

    private Member(char type, String name, String linkName, byte[] content, int mode) {
        this.type = type;
        this.name = name;
        this.linkName = linkName;
        this.content = content;
        this.mode = mode;
    }

    public static Member file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    public static Member file(String name, byte[] content) {
        return new Member('0', name, "", content, 0644);
    }

    public static Member dir(String name) {
        return new Member('5', name, "", new byte[0], 0755);
    }

    public static Member symlink(String name, String target) {
        return new Member('2', name, target, new byte[0], 0777);
    }

    public static Member hardLink(String name, String target) {
        return new Member('1', name, target, new byte[0], 0644);
    }

    public static Member fifo(String name) {
        return new Member('6', name, "", new byte[0], 0600);
    }

    public static Member device(char type, String name, int major, int minor) {
        Member member = new Member(type, name, "", new byte[0], 0660);
        member.major = major;
        member.minor = minor;
        return member;
    }

    /** A member of any type, for hostile archives. */
    public static Member raw(char type, String name, byte[] content) {
        return new Member(type, name, "", content, 0644);
    }

    /**
     * A sparse file of PAX format 0.0, 0.1 or 1.0. Source: GNU tar manual, "Storing Sparse Files".
     *
     * @param pieces offset to bytes
     */
    public static Member sparse(String version, String name, long size, SortedMap<Long, byte[]> pieces) {
        StringBuilder map = new StringBuilder();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        boolean mapInData = version.equals("1.0");
        pieces.forEach((offset, bytes) -> map.append(offset)
                .append(mapInData ? '\n' : ',')
                .append(bytes.length)
                .append(mapInData ? '\n' : ','));
        if (mapInData) {
            data.writeBytes(padded((pieces.size() + "\n" + map).getBytes(StandardCharsets.ISO_8859_1)));
        }
        pieces.values().forEach(data::writeBytes);
        Member member = file(mapInData || version.equals("0.1") ? "GNUSparseFile.1/x" : name, data.toByteArray());
        if (mapInData) {
            return member.pax("GNU.sparse.major", "1")
                    .pax("GNU.sparse.minor", "0")
                    .pax("GNU.sparse.name", name)
                    .pax("GNU.sparse.realsize", Long.toString(size));
        }
        member.pax("GNU.sparse.size", Long.toString(size)).pax("GNU.sparse.numblocks", Integer.toString(pieces.size()));
        if (version.equals("0.1")) {
            String list = map.isEmpty() ? "" : map.substring(0, map.length() - 1);
            return member.pax("GNU.sparse.name", name).pax("GNU.sparse.map", list);
        }
        pieces.forEach((offset, bytes) -> member.pax("GNU.sparse.offset", Long.toString(offset))
                .pax("GNU.sparse.numbytes", Integer.toString(bytes.length)));
        return member;
    }

    public Member mode(int newMode) {
        mode = newMode;
        return this;
    }

    public Member owner(long newUid, long newGid) {
        uid = newUid;
        gid = newGid;
        return this;
    }

    /** The names of user and group, which nobody should look up. */
    public Member ownerName(String newOwner) {
        owner = newOwner;
        return this;
    }

    public Member mtime(long seconds) {
        mtime = seconds;
        return this;
    }

    public Member pax(String key, String value) {
        return pax(key, value.getBytes(StandardCharsets.ISO_8859_1));
    }

    public Member pax(String key, byte[] value) {
        pax.add(Map.entry(key, value));
        return this;
    }

    public Member xattr(String key, byte[] value) {
        return pax("SCHILY.xattr." + key, value);
    }

    public Member format(Format newFormat) {
        format = newFormat;
        return this;
    }

    void writeTo(ByteArrayOutputStream out) {
        List<Map.Entry<String, byte[]>> records = new ArrayList<>(pax);
        int split = format == Format.USTAR ? splitAt(name) : -1;
        if (name.length() > NAME_LENGTH && split < 0) {
            longName('L', "path", name, records, out);
        }
        if (linkName.length() > NAME_LENGTH) {
            longName('K', "linkpath", linkName, records, out);
        }
        number("uid", uid, 7, records);
        number("gid", gid, 7, records);
        number("mtime", mtime, 11, records);
        if (!records.isEmpty()) {
            byte[] bytes = encoded(records);
            out.writeBytes(header('x', "PaxHeaders/x", "", "", bytes.length));
            out.writeBytes(padded(bytes));
        }
        String prefix = split < 0 ? "" : name.substring(0, split);
        out.writeBytes(header(type, name.substring(split + 1), prefix, linkName, content.length));
        out.writeBytes(padded(content));
    }

    /** Index of the slash between prefix and name, or -1. */
    private static int splitAt(String name) {
        int slash = name.length() <= NAME_LENGTH ? -1 : name.indexOf('/', name.length() - NAME_LENGTH - 1);
        return slash > PREFIX_LENGTH || slash == name.length() - 1 || slash == 0 ? -1 : slash;
    }

    private void longName(
            char gnuType,
            String key,
            String value,
            List<Map.Entry<String, byte[]>> records,
            ByteArrayOutputStream out) {
        if (format != Format.GNU) {
            records.add(Map.entry(key, value.getBytes(StandardCharsets.ISO_8859_1)));
            return;
        }
        byte[] bytes = (value + "\0").getBytes(StandardCharsets.ISO_8859_1);
        out.writeBytes(header(gnuType, "././@LongLink", "", "", bytes.length));
        out.writeBytes(padded(bytes));
    }

    /** A record in front of the others, so that one which a test has asked for has the last word. */
    private void number(String key, long value, int digits, List<Map.Entry<String, byte[]>> records) {
        if (!isOctal(value, digits) && format != Format.GNU) {
            records.add(0, Map.entry(key, Long.toString(value).getBytes(StandardCharsets.ISO_8859_1)));
        }
    }

    private static boolean isOctal(long value, int digits) {
        return value >= 0 && value < 1L << (3 * digits);
    }

    private static byte[] encoded(List<Map.Entry<String, byte[]>> records) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Map.Entry<String, byte[]> record : records) {
            String key = record.getKey();
            int rest = key.length() + record.getValue().length + 3; // space, equals sign, newline
            int length = rest + Integer.toString(rest).length();
            length = rest + Integer.toString(length).length();
            out.writeBytes((length + " " + key + "=").getBytes(StandardCharsets.ISO_8859_1));
            out.writeBytes(record.getValue());
            out.write('\n');
        }
        return out.toByteArray();
    }

    private byte[] header(char headerType, String headerName, String prefix, String link, long size) {
        byte[] block = new byte[BLOCK];
        put(block, 0, headerName, NAME_LENGTH);
        putNumber(block, 100, mode, 7);
        putNumber(block, 108, uid, 7);
        putNumber(block, 116, gid, 7);
        putNumber(block, 124, size, 11);
        putNumber(block, 136, mtime, 11);
        put(block, 148, "        ", 8);
        block[156] = (byte) headerType;
        put(block, 157, link, NAME_LENGTH);
        if (format != Format.V7) {
            put(block, 257, format == Format.GNU ? "ustar  " : "ustar\00000", 8);
            put(block, 265, owner, 32);
            put(block, 297, owner, 32);
            putNumber(block, 329, major, 7);
            putNumber(block, 337, minor, 7);
            put(block, 345, prefix, PREFIX_LENGTH);
        }
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        put(block, 148, String.format("%06o\0 ", sum), 8);
        return block;
    }

    private static void put(byte[] block, int at, String text, int most) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, block, at, Math.min(bytes.length, most));
    }

    private void putNumber(byte[] block, int at, long value, int digits) {
        if (isOctal(value, digits) || format != Format.GNU) {
            long octal = isOctal(value, digits) ? value : 0;
            put(block, at, String.format("%0" + digits + "o", octal), digits);
            return;
        }
        for (int i = digits; i >= 0; i--) { // big-endian, sign-extended
            block[at + i] = (byte) (digits - i < Long.BYTES ? value >> (8 * (digits - i)) : value >> 63);
        }
        block[at] |= (byte) 0x80;
    }

    private static byte[] padded(byte[] bytes) {
        return Arrays.copyOf(bytes, (bytes.length + BLOCK - 1) / BLOCK * BLOCK);
    }
}
