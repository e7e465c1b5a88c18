// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Page maps as the kernel could write them, and sets of pages against a plain model. */
class PageMapTest {
    private static final int PAGE = 4096;

    @TempDir
    private Path folder;

    private Path words(long... words) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.nativeOrder());
        for (long word : words) {
            bytes.putLong(word);
        }
        return Files.write(folder.resolve("words"), bytes.array());
    }

    private static List<Long> scan(Path file, long start, long end, long pageBytes) throws IOException {
        List<Long> found = new ArrayList<>();
        try (FileChannel pagemap = FileChannel.open(file)) {
            new PageMap(pagemap, pageBytes).scan(start, end, (address, bytes) -> found.add(address));
        }
        return found;
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource({
        "0000000000000000, false, never touched",
        "8000000000000000, true, written",
        "8180000000012345, true, written and dirty with a frame number",
        "a000000000000000, false, read from the file",
        "4000000000000000, true, written and swapped out",
        "4000000000000062, true, written and swapped out with its place",
        "6000000000000000, false, the file's and on the move",
        "2000000000000000, false, the file's and not here",
        "0200000000000000, false, guarded and never touched",
        "007fffffffffffff, false, a frame number and nothing else"
    })
    void a_page_has_changed_if_it_is_somewhere_and_not_the_files(String entry, boolean changed, String what) {
        then(PageMap.isChanged(Long.parseUnsignedLong(entry, 16))).as(what).isEqualTo(changed);
    }

    @Test
    void addresses_are_those_of_the_entries() throws IOException {
        long written = 1L << 63;
        Path file = words(0, 0, written, 0, written);
        then(scan(file, 2L * PAGE, 5L * PAGE, PAGE)).containsExactly(2L * PAGE, 4L * PAGE);
        then(scan(file, 3 * 65536L, 5 * 65536L, 65536)).containsExactly(4 * 65536L);
        then(scan(file, PAGE, PAGE, PAGE)).isEmpty();
    }

    @Test
    void a_page_map_that_ends_early_is_no_page_map_without_changes() throws IOException {
        Path file = words(0, 0, 0);
        thenThrownBy(() -> scan(file, 0, 4L * PAGE, PAGE)).hasMessageContaining("the process has ended");
    }

    @Test
    void the_size_of_a_page_is_what_the_kernel_tells_every_process() throws IOException {
        then(PageMap.hostPageBytes(words(33, 0x7ffc00000000L, 6, 16384, 0, 0))).isEqualTo(16384);
        for (Path odd : new Path[] {words(), words(33, 6), words(6, 0), words(6, 4097), words(6, -1), words(6)}) {
            thenThrownBy(() -> PageMap.hostPageBytes(odd)).hasMessageEndingWith("does not tell the size of a page.");
        }
    }

    @Test
    void runs_are_whole_ordered_and_bounded() throws IOException {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        System.out.println("PageMapTest: thaw.test.seed=" + seed);
        Random random = new Random(seed);
        int total = 20_000;
        PageSet set = new PageSet((long) total * PAGE);
        BitSet model = new BitSet();
        for (int i = 0; i < 100; i++) {
            int begin = random.nextInt(total);
            int length = random.nextInt(300);
            set.add((long) begin * PAGE, (long) length * PAGE);
            model.set(begin, Math.min(total, begin + length));
        }
        BitSet seen = new BitSet();
        set.forEachRun((offset, length) -> {
            int begin = (int) (offset / PAGE);
            then(length).isBetween(PAGE, PageSet.MAX_RUN_BYTES);
            then(begin).isGreaterThanOrEqualTo(seen.length());
            seen.set(begin, begin + length / PAGE);
        });
        then(seen).isEqualTo(model);
        then(set.count()).isEqualTo(model.cardinality());
    }
}
