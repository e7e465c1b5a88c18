// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.clone.Allocation;
import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.FileState;
import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.RandomPages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("root")
@ParameterizedClass
@ValueSource(strings = {"xfs", "btrfs"})
class DeduplicatorTest {
    private static final int PAGE = RandomPages.PAGE;
    private static final int MIB = 1 << 20;

    @Parameter
    String kind;

    private final long seed = RandomPages.seed();
    private final RandomPages random = new RandomPages(seed);
    private LoopFileSystem disk;
    private FileBlocks blocks;
    private Path canonical;
    private Path target;

    @BeforeEach
    void mount() throws IOException {
        disk = LoopFileSystem.of(kind);
        blocks = FileBlocks.probe(disk.folder());
        canonical = disk.folder().resolve("canonical");
        target = disk.folder().resolve("target");
    }

    @AfterEach
    void unmount() throws IOException {
        disk.close();
    }

    /** Counted the slow way, from the contents alone. */
    private record Expected(long moved, long written, long zeroed) {
        static Expected of(byte[] canonical, byte[] target) {
            Set<ByteBuffer> there = new HashSet<>();
            for (int at = 0; at + PAGE <= canonical.length; at += PAGE) {
                there.add(ByteBuffer.wrap(canonical, at, PAGE).slice());
            }
            long moved = 0;
            long written = 0;
            long zeroed = 0;
            for (int at = 0; at < target.length; at += PAGE) {
                int end = Math.min(target.length, at + PAGE);
                if (Arrays.mismatch(target, at, end, canonical, at, end) >= 0) {
                    boolean zero = RandomPages.isZero(target, at, end);
                    boolean elsewhere =
                            there.contains(ByteBuffer.wrap(target, at, end - at).slice());
                    zeroed += zero ? 1 : 0;
                    moved += !zero && elsewhere ? 1 : 0;
                    written += zero || elsewhere ? 0 : 1;
                }
            }
            return new Expected(moved, written, zeroed);
        }
    }

    private DedupStatistics replaced(DedupResult result) {
        then(result).as("-Dthaw.test.seed=%d", seed).isInstanceOf(DedupResult.Replaced.class);
        return ((DedupResult.Replaced) result).statistics();
    }

    @Test
    void the_result_has_the_targets_bytes_and_shares_all_pages_that_are_the_same() throws Exception {
        for (int round = 0; round < 12; round++) {
            int length = round % 3 == 0 ? 20 * MIB + random.upTo(4 * MIB) : MIB + random.upTo(3 * MIB);
            byte[] memory = random.memory(length);
            byte[] sibling = random.sibling(memory, 3 + random.upTo(40));
            random.write(canonical, memory);
            random.write(target, sibling);
            int threads = 1 + random.upTo(2);
            String run = "-Dthaw.test.seed=" + seed + ", round " + round + ", threads " + threads;
            Deduplicator deduplicator = new Deduplicator(blocks, threads);
            DedupResult planned = deduplicator.plan(canonical, target, DedupProgress.NONE);
            Allocation before = blocks.allocation(target);
            long free = disk.freeBytes();

            DedupStatistics done = replaced(deduplicator.replace(canonical, target, DedupProgress.NONE));

            then(Arrays.mismatch(Files.readAllBytes(target), sibling)).as(run).isEqualTo(-1);
            then(Arrays.mismatch(Files.readAllBytes(canonical), memory)).as(run).isEqualTo(-1);
            then(done.before()).as(run).isEqualTo(before);
            then(planned).as(run).isEqualTo(new DedupResult.Planned(done));
            thenTrue(done, Expected.of(memory, sibling), length, run);
            then(disk.freeBytes() - free).as(run).isBetween(done.savedBytes() - MIB, done.savedBytes() + MIB);
            then(disk.folder().toFile().list()).as(run).containsOnly("canonical", "target");
            Files.delete(canonical);
            Files.delete(target);
        }
    }

    private void thenTrue(DedupStatistics done, Expected expected, long length, String run) throws IOException {
        then(done.pagesWritten()).as(run).isEqualTo(expected.written());
        then(done.pagesMoved()).as(run).isEqualTo(expected.moved());
        // Beside those that differ, zeros that the canonical file has written out may become holes.
        then(done.pagesPunched()).as(run).isGreaterThanOrEqualTo(expected.zeroed());
        then(done.after()).as(run).isEqualTo(blocks.allocation(target));
        then(done.after().privateBytes()).as(run).isEqualTo(expected.written() * PAGE);
        then(done.apparentBytes()).as(run).isEqualTo(length);
    }

    /** CRC-32C is linear, so what brings it back to where it was is easy to find. */
    @Test
    void pages_with_the_same_hash_and_other_bytes_are_not_taken_for_each_other() throws Exception {
        byte[] memory = random.bytes(64 * PAGE);
        byte[] sibling = memory.clone();
        byte[] page = random.bytes(PAGE);
        byte[] other = page.clone();
        other[104] ^= 1;
        forgeCrc(other, crc(page));
        System.arraycopy(page, 0, memory, 3 * PAGE, PAGE);
        System.arraycopy(other, 0, sibling, 9 * PAGE, PAGE);
        random.write(canonical, memory);
        random.write(target, sibling);

        DedupStatistics done = replaced(new Deduplicator(blocks).replace(canonical, target, DedupProgress.NONE));

        then(crc(other)).isEqualTo(crc(page));
        then(Files.readAllBytes(target)).as("-Dthaw.test.seed=%d", seed).isEqualTo(sibling);
        then(done.pagesMoved()).isZero();
    }

    private static int crc(byte[] page) {
        CRC32C crc = new CRC32C();
        crc.update(page);
        return (int) crc.getValue();
    }

    /** Chooses the last four bytes: each of their 32 bits changes the hash in a way of its own, solved for as by Gauss. */
    private static void forgeCrc(byte[] page, int wanted) {
        int last = PAGE - Integer.BYTES;
        Arrays.fill(page, last, PAGE, (byte) 0);
        int base = crc(page);
        long[] rows = new long[32];
        for (int bit = 0; bit < 32; bit++) {
            page[last + bit / 8] = (byte) (1 << bit % 8);
            rows[bit] = Integer.toUnsignedLong(crc(page) ^ base) << 32 | 1L << bit;
            page[last + bit / 8] = 0;
        }
        long rest = Integer.toUnsignedLong(base ^ wanted) << 32;
        for (int column = 63, row = 0; column >= 32; column--, row++) {
            int pivot = row;
            while ((rows[pivot] >>> column & 1) == 0) {
                pivot++;
            }
            long taken = rows[pivot];
            rows[pivot] = rows[row];
            rows[row] = taken;
            for (int i = row + 1; i < 32; i++) {
                rows[i] ^= (rows[i] >>> column & 1) == 0 ? 0 : taken;
            }
            rest ^= (rest >>> column & 1) == 0 ? 0 : taken;
        }
        ByteBuffer.wrap(page, last, 4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) rest);
    }

    @Test
    void small_files_of_any_length_keep_their_bytes() throws Exception {
        for (int round = 0; round < 40; round++) {
            byte[] memory = random.memory(1 + random.upTo(6 * PAGE));
            byte[] sibling = random.sibling(memory, 3);
            random.write(canonical, memory);
            random.write(target, sibling);

            DedupResult result = new Deduplicator(blocks).replace(canonical, target, DedupProgress.NONE);

            then(result).isInstanceOfAny(DedupResult.Replaced.class, DedupResult.NothingToGain.class);
            then(Files.readAllBytes(target)).as("-Dthaw.test.seed=%d", seed).isEqualTo(sibling);
            Files.delete(canonical);
            Files.delete(target);
        }
    }

    @Test
    void the_result_is_private_and_the_canonical_file_is_not_touched() throws Exception {
        random.write(canonical, random.memory(MIB));
        Files.write(target, Files.readAllBytes(canonical)); // newer JDKs' Files.copy clones
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
        FileState before = FileState.of(canonical);

        replaced(new Deduplicator(blocks).replace(canonical, target, DedupProgress.NONE));

        then(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                .isEqualTo("rw-------");
        then(FileState.of(canonical)).isEqualTo(before);
    }

    @Test
    void files_that_are_the_same_need_no_page() throws Exception {
        byte[] memory = random.memory(9 * MIB + 1);
        random.write(canonical, memory);
        Files.write(target, memory);

        DedupStatistics statistics = replaced(new Deduplicator(blocks).replace(canonical, target, DedupProgress.NONE));

        then(statistics.pagesWritten() + statistics.pagesPunched()).isZero();
        then(statistics.after().privateBytes()).isZero();
        then(Files.mismatch(canonical, target)).isEqualTo(-1);
    }

    @Test
    void a_second_run_finds_nothing_to_gain_and_leaves_the_file() throws Exception {
        byte[] memory = random.memory(2 * MIB);
        random.write(canonical, memory);
        random.write(target, random.sibling(memory, 5));
        replaced(new Deduplicator(blocks).replace(canonical, target, DedupProgress.NONE));
        FileState before = FileState.of(target);

        DedupResult second = new Deduplicator(blocks).replace(canonical, target, DedupProgress.NONE);

        then(second).isInstanceOf(DedupResult.NothingToGain.class);
        then(FileState.of(target)).isEqualTo(before);
        then(disk.folder().toFile().list()).containsOnly("canonical", "target");
    }

    @Test
    void files_with_nothing_in_common_stay_as_they_are() throws Exception {
        byte[] ones = new byte[MIB];
        Arrays.fill(ones, (byte) 1);
        byte[] twos = new byte[MIB];
        Arrays.fill(twos, (byte) 2);
        Files.write(canonical, ones);
        Files.write(target, twos);
        FileState before = FileState.of(target);

        DedupResult result = new Deduplicator(blocks).replace(canonical, target, DedupProgress.NONE);

        then(result).isInstanceOf(DedupResult.NothingToGain.class);
        then(FileState.of(target)).isEqualTo(before);
    }

    @Test
    void progress_goes_up_to_the_length() throws Exception {
        byte[] memory = random.memory(20 * MIB + 3);
        random.write(canonical, memory);
        random.write(target, memory);
        List<Long> told = new ArrayList<>();

        new Deduplicator(blocks, 1).replace(canonical, target, (done, total) -> {
            then(total).isEqualTo(20 * MIB + 3);
            told.add(done);
        });

        then(told).isEqualTo(List.of(8L * MIB, 16L * MIB, 20L * MIB + 3));
        told.clear();
        new Deduplicator(blocks, 2).plan(canonical, target, (done, total) -> told.add(done));
        then(told).isSorted().endsWith(20L * MIB + 3);
    }

    @Test
    void files_that_are_not_for_each_other_are_refused() throws Exception {
        Deduplicator deduplicator = new Deduplicator(blocks);
        Files.write(canonical, new byte[PAGE]);
        Files.write(target, new byte[PAGE + 1]);
        Path empty = Files.createFile(disk.folder().resolve("empty"));
        Path empty2 = Files.createFile(disk.folder().resolve("empty2"));
        Path hardLink = Files.createLink(disk.folder().resolve("hard-link"), canonical);
        Path link = Files.createSymbolicLink(disk.folder().resolve("link"), canonical);
        String[] files = disk.folder().toFile().list();

        then(deduplicator.replace(canonical, target, DedupProgress.NONE))
                .isEqualTo(refused(target, canonical, "they have 4097 and 4096 bytes"));
        then(deduplicator.replace(empty, empty2, DedupProgress.NONE))
                .isEqualTo(refused(empty2, empty, "they are empty"));
        then(deduplicator.replace(canonical, hardLink, DedupProgress.NONE))
                .isEqualTo(refused(hardLink, canonical, "they are the same file"));
        then(deduplicator.replace(canonical, link, DedupProgress.NONE))
                .isEqualTo(refused(link, canonical, "the former is not a regular file"));
        then(deduplicator.plan(disk.folder(), target, DedupProgress.NONE))
                .isEqualTo(refused(target, disk.folder(), "the latter is not a regular file"));
        then(disk.folder().toFile().list()).containsExactlyInAnyOrder(files);
    }

    private static DedupResult refused(Path target, Path canonical, String why) {
        return new DedupResult.Refused(target + " can't share blocks with " + canonical + ": " + why);
    }
}
