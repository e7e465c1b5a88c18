// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Members in every format, with attributes from all over their ranges. For {@link RandomLayers}. */
final class RandomMembers {
    /** Few, so that they meet; one that is too long for headers, and some that are not UTF-8. */
    private static final String[] NAMES = {
        "a", "b", "-", "c.d", ".-", "e", "zz", "\u00ff\u00fe", "\u00c3\u00a9 =\n", "\\n", "n".repeat(120)
    };

    private static final int MAX_CONTENT = 10_000, BLOCK = 4096;
    /** Seconds that ext4 can hold, on which umoci may unpack, and that are in Go's range of nanoseconds, to the year 2262. */
    private static final long EARLIEST = -(1L << 31), LATEST = Long.MAX_VALUE / 1_000_000_000 - 1;

    /** All around the day of the test's run is kept free: see Listing. */
    private static final long USUAL_TIMES = 1_700_000_000;

    private static final long LAST_ID = 0xffff_fffeL;
    private static final byte[] CAPABILITY = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    private final Random random;

    RandomMembers(Random random) {
        this.random = random;
    }

    String name() {
        return NAMES[random.nextInt(NAMES.length)];
    }

    String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    Member file(String said) {
        Member file = oneIn(6) ? sparse(said) : Member.file(said + (oneIn(20) ? "/" : ""), content());
        if (oneIn(6)) {
            file.xattr("security.capability", CAPABILITY);
        }
        return attributed(file);
    }

    Member device(String said) {
        int limit = oneIn(4) ? 1 << 21 : 1 << 12; // mknod cuts off what is too much
        return attributed(Member.device(oneIn(2) ? '3' : '4', said, random.nextInt(limit), 1 + random.nextInt(limit)));
    }

    /** The attributes' names are the same each time in one layer. */
    Member folder(String said, String path, int layer) {
        Member folder = withMode(Member.dir(said), random.nextInt(2) * 01000 + random.nextInt(01000));
        int hash = Math.floorMod(path.hashCode() * 31 + layer, 8);
        if (hash < 2) {
            folder.xattr("trusted.folder" + hash, bytes(1 + random.nextInt(8)));
        }
        return folder;
    }

    Member attributed(Member member) {
        if (oneIn(4)) {
            boolean isLong = oneIn(10);
            member.xattr("trusted." + pick("a", "b", "c"), bytes(1 + random.nextInt(isLong ? 2000 : 8)))
                    .xattr("trusted.shared", new byte[] {1, 0, 2});
        }
        return withMode(member, random.nextInt(010000));
    }

    private Member withMode(Member member, int mode) {
        Member.Format[] formats = Member.Format.values();
        member.format(formats[random.nextInt(formats.length)])
                .mode(mode)
                .ownerName(pick("", "root", "nobody"))
                .owner(id(), id())
                .mtime(1_600_000_000L + random.nextInt(3));
        if (oneIn(4)) {
            member.mtime(time());
        } else if (oneIn(4)) {
            member.pax("mtime", time() + "." + (100 + random.nextInt(900)));
        }
        if (oneIn(8)) {
            member.pax("hdrcharset", pick("BINARY", "ISO-IR 10646 2000 UTF-8"));
        }
        return member;
    }

    private long time() {
        return switch (random.nextInt(4)) {
            case 0 -> EARLIEST + 1 + (long) (random.nextDouble() * -EARLIEST);
            case 1 -> (1L << 31) + (long) (random.nextDouble() * (LATEST - (1L << 31)));
            default -> (long) (random.nextDouble() * USUAL_TIMES);
        };
    }

    private long id() {
        return switch (random.nextInt(4)) {
            case 0 -> (long) (random.nextDouble() * LAST_ID);
            case 1 -> LAST_ID - random.nextInt(3);
            default -> random.nextInt(3) * 50_000L;
        };
    }

    private Member sparse(String said) {
        SortedMap<Long, byte[]> pieces = new TreeMap<>();
        long end = 0;
        for (int i = random.nextInt(6); i > 0; i--) {
            end += random.nextInt(3) * (long) BLOCK + random.nextInt(2);
            byte[] piece = bytes(1 + random.nextInt(oneIn(3) ? 2 * BLOCK : 10));
            pieces.put(end, piece);
            end += piece.length;
        }
        long size = end + random.nextInt(3) * (long) BLOCK + random.nextInt(2);
        String version = pieces.isEmpty() ? "1.0" : pick("0.0", "0.1", "1.0");
        return Member.sparse(version, said, size, pieces);
    }

    private byte[] content() {
        return bytes(oneIn(4) ? BLOCK * random.nextInt(3) : random.nextInt(MAX_CONTENT));
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private boolean oneIn(int count) {
        return random.nextInt(count) == 0;
    }
}
