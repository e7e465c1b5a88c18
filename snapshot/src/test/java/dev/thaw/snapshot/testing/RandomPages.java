// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.testing;

import dev.thaw.snapshot.disk.Pages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Content like a guest's memory: runs of zero pages and of pages with data, and siblings that differ here and there. */
public final class RandomPages {
    public static final int PAGE = Pages.BYTES;

    private final Random random;

    public RandomPages(long seed) {
        this.random = new Random(seed);
    }

    /** From the system property, or another one at each run. */
    public static long seed() {
        return Long.getLong("thaw.test.seed", System.nanoTime());
    }

    public int upTo(int bound) {
        return random.nextInt(bound);
    }

    /** About a third of the pages have data. */
    public byte[] memory(int length) {
        byte[] content = new byte[length];
        for (int at = 0; at < length; ) {
            int end = Math.min(length, at + PAGE * (1 + random.nextInt(60)));
            if (random.nextInt(3) == 0) {
                fill(content, at, end);
            }
            at = end;
        }
        return content;
    }

    /**
     * Differs in about one of {@code oneOf} pages: other data, one other byte, zeros, data where there were zeros, or pages
     * that the original has elsewhere.
     */
    public byte[] sibling(byte[] of, int oneOf) {
        byte[] content = of.clone();
        for (int at = 0; at < content.length; at += PAGE) {
            if (random.nextInt(oneOf) == 0) {
                int end = Math.min(content.length, at + PAGE * (1 + random.nextInt(3)));
                switch (random.nextInt(5)) {
                    case 0 -> fill(content, at, end);
                    case 1 -> content[at + random.nextInt(end - at)] ^= 1;
                    case 2 -> content[end - 1] ^= 0x40;
                    case 3 -> move(of, content, at);
                    default -> Arrays.fill(content, at, end, (byte) 0);
                }
            }
        }
        return content;
    }

    /** A run of pages, as long as there are so many here and there. */
    private void move(byte[] of, byte[] content, int to) {
        int pages = of.length / PAGE;
        if (pages > 0) {
            int from = random.nextInt(pages) * PAGE;
            int length = Math.min(of.length - Math.max(from, to), PAGE * (1 + random.nextInt(100)));
            System.arraycopy(of, from, content, to, length);
        }
    }

    public byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private void fill(byte[] content, int from, int to) {
        byte[] run = new byte[to - from];
        random.nextBytes(run);
        System.arraycopy(run, 0, content, from, run.length);
    }

    /** Writes a file with holes where there are zeros; some of them, at random, are written out as zeros. */
    public Path write(Path file, byte[] content) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(content.length);
            for (int at = 0; at < content.length; at += PAGE) {
                int end = Math.min(content.length, at + PAGE);
                if (!isZero(content, at, end) || random.nextInt(50) == 0) {
                    out.seek(at);
                    out.write(content, at, end - at);
                }
            }
            out.getFD().sync();
        }
        return file;
    }

    public static boolean isZero(byte[] content, int from, int to) {
        return Arrays.mismatch(content, from, to, new byte[to - from], 0, to - from) < 0;
    }
}
