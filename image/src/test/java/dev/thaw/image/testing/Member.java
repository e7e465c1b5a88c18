// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** One member of a tar archive, encoded without the code under test. Strings are bytes, one char each. */
public final class Member {
    private static final int BLOCK = 512;

    private final char type;
    private final String name;
    private final String linkName;
    private final byte[] content;
    private final Map<String, byte[]> pax = new TreeMap<>();
    private int mode;
    private long uid;
    private long gid;
    private long mtime = 1_700_000_000;
    private int major;
    private int minor;
    private boolean gnuNames;

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

    public Member mode(int newMode) {
        mode = newMode;
        return this;
    }

    public Member owner(long newUid, long newGid) {
        uid = newUid;
        gid = newGid;
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
        pax.put(key, value);
        return this;
    }

    public Member xattr(String key, byte[] value) {
        return pax("SCHILY.xattr." + key, value);
    }

    /** Long names the way GNU tar writes them. */
    public Member gnuNames() {
        gnuNames = true;
        return this;
    }

    void writeTo(ByteArrayOutputStream out) {
        if (name.length() > 100) {
            longName('L', "path", name, out);
        }
        if (linkName.length() > 100) {
            longName('K', "linkpath", linkName, out);
        }
        number("uid", uid);
        number("gid", gid);
        if (!pax.isEmpty()) {
            byte[] records = records();
            out.writeBytes(header('x', "PaxHeaders/x", "", records.length));
            out.writeBytes(padded(records));
        }
        out.writeBytes(header(type, name, linkName, content.length));
        out.writeBytes(padded(content));
    }

    private void longName(char gnuType, String key, String value, ByteArrayOutputStream out) {
        if (!gnuNames) {
            pax(key, value);
            return;
        }
        byte[] bytes = (value + "\0").getBytes(StandardCharsets.ISO_8859_1);
        out.writeBytes(header(gnuType, "././@LongLink", "", bytes.length));
        out.writeBytes(padded(bytes));
    }

    private void number(String key, long value) {
        if (value > 07777777) {
            pax(key, Long.toString(value));
        }
    }

    private byte[] records() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        pax.forEach((key, value) -> {
            int rest = key.length() + value.length + 3; // space, equals sign, newline
            int length = rest + Integer.toString(rest).length();
            length = rest + Integer.toString(length).length();
            out.writeBytes((length + " " + key + "=").getBytes(StandardCharsets.ISO_8859_1));
            out.writeBytes(value);
            out.write('\n');
        });
        return out.toByteArray();
    }

    private byte[] header(char headerType, String headerName, String link, long size) {
        byte[] block = new byte[BLOCK];
        put(block, 0, headerName, 100);
        put(block, 100, String.format("%07o", mode), 8);
        put(block, 108, String.format("%07o", uid > 07777777 ? 0 : uid), 8);
        put(block, 116, String.format("%07o", gid > 07777777 ? 0 : gid), 8);
        put(block, 124, String.format("%011o", size), 12);
        put(block, 136, String.format("%011o", mtime), 12);
        put(block, 148, "        ", 8);
        block[156] = (byte) headerType;
        put(block, 157, link, 100);
        put(block, 257, gnuNames ? "ustar  " : "ustar\00000", 8);
        put(block, 329, String.format("%07o", major), 8);
        put(block, 337, String.format("%07o", minor), 8);
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

    private static byte[] padded(byte[] bytes) {
        return Arrays.copyOf(bytes, (bytes.length + BLOCK - 1) / BLOCK * BLOCK);
    }
}
