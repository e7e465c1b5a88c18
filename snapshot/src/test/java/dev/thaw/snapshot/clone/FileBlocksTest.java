// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.RandomPages;
import dev.thaw.snapshot.testing.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** On file systems with clones. */
@Tag("root")
@ParameterizedClass
@ValueSource(strings = {"xfs", "btrfs"})
class FileBlocksTest {
    private static final int PAGE = RandomPages.PAGE;
    private static final int MIB = 1 << 20;

    @Parameter
    String kind;

    private final long seed = RandomPages.seed();
    private LoopFileSystem disk;
    private FileBlocks blocks;

    @BeforeEach
    void mount() throws IOException {
        disk = LoopFileSystem.of(kind);
        blocks = FileBlocks.probe(disk.folder());
    }

    @AfterEach
    void unmount() throws IOException {
        disk.close();
    }

    private Path file(String name) {
        return disk.folder().resolve(name);
    }

    private Path write(String name, int length) throws IOException {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        Files.write(file(name), content);
        Tools.run("sync", "-f", file(name).toString());
        return file(name);
    }

    @Test
    void clones_are_found_by_trying_and_the_trial_leaves_nothing() throws IOException {
        then(blocks.clones())
                .isEqualTo(new CloneSupport(true, (kind.equals("xfs") ? "XFS" : "Btrfs") + ", shares blocks"));
        then(disk.folder()).isEmptyDirectory();
    }

    @Test
    void what_a_killed_trial_left_goes_with_a_later_one() throws IOException {
        Path old = Files.createFile(file("clone-probe-old"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofMinutes(11))));
        Path young = Files.createFile(file("clone-probe-young"));

        FileBlocks.probe(disk.folder());

        then(old).doesNotExist();
        then(young).exists();
    }

    @Test
    void a_clone_is_private_reads_the_same_and_takes_no_room() throws IOException {
        Path original = write("größe", 8 * MIB);
        long free = disk.freeBytes();

        blocks.cloneFile(original, file("clone"));

        then(Files.mismatch(original, file("clone"))).isEqualTo(-1);
        then(PosixFilePermissions.toString(Files.getPosixFilePermissions(file("clone"))))
                .isEqualTo("rw-------");
        then(blocks.allocation(file("clone"))).isEqualTo(new Allocation(8 * MIB, 8 * MIB));
        then(blocks.allocation(original)).isEqualTo(new Allocation(8 * MIB, 8 * MIB));
        then(free - disk.freeBytes()).isLessThan(MIB);
    }

    @Test
    void writing_to_a_clone_leaves_the_original_alone() throws IOException {
        Path original = write("original", MIB);
        byte[] content = Files.readAllBytes(original);
        blocks.cloneFile(original, file("clone"));

        try (OpenBlocks open = blocks.openForChanges(file("clone"));
                RandomAccessFile out = new RandomAccessFile(file("clone").toFile(), "rw")) {
            open.discard(new ByteRange(PAGE, PAGE));
            out.seek(PAGE);
            out.write(new byte[PAGE]);
            out.getFD().sync();
        }

        then(Files.readAllBytes(original)).isEqualTo(content);
        then(Files.mismatch(original, file("clone"))).isBetween((long) PAGE, PAGE + 64L);
        Allocation clone = blocks.allocation(file("clone"));
        then(clone.allocatedBytes()).isEqualTo(MIB);
        then(clone.privateBytes()).isEqualTo(PAGE);
    }

    @Test
    void a_part_can_be_shared_at_another_place() throws IOException {
        Path original = write("original", MIB);
        Path other = write("other", 2 * MIB);

        then(blocks.clonesRanges()).isTrue();
        try (OpenBlocks from = blocks.open(original);
                OpenBlocks to = blocks.openForChanges(other)) {
            to.cloneFrom(from, new ByteRange(PAGE, 10 * PAGE), 20 * PAGE);
            to.cloneFrom(from, new ByteRange(PAGE, 0), 40 * PAGE);
        }

        byte[] expected = Files.readAllBytes(original);
        byte[] found = Files.readAllBytes(other);
        then(Arrays.mismatch(expected, PAGE, 11 * PAGE, found, 20 * PAGE, 30 * PAGE))
                .isEqualTo(-1);
        then(blocks.allocation(other)).isEqualTo(new Allocation(2 * MIB, 10 * PAGE));
    }

    @Test
    void data_and_holes_are_told_apart() throws IOException {
        Path file = file("sparse");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(64 * MIB);
            for (int at : new int[] {MIB, 40 * MIB, 40 * MIB + PAGE}) {
                out.seek(at);
                out.write(1);
            }
        }

        then(blocks.dataRanges(file)).isEqualTo(List.of(new ByteRange(MIB, PAGE), new ByteRange(40 * MIB, 2 * PAGE)));
        try (OpenBlocks open = blocks.open(file)) {
            then(open.nextData(2 * MIB, 30 * MIB)).isEmpty();
            then(open.nextData(MIB + 7, MIB + 9)).hasValue(new ByteRange(MIB + 7, 2));
            then(open.nextData(100L * MIB, Long.MAX_VALUE)).isEmpty();
        }
        then(blocks.dataRanges(Files.createFile(file("empty")))).isEmpty();
    }

    @Test
    void a_hole_gives_its_blocks_back_and_leaves_the_length() throws IOException {
        Path file = write("file", 8 * MIB + 5);

        try (OpenBlocks open = blocks.openForChanges(file)) {
            open.punchHole(new ByteRange(MIB, 4 * MIB));
            open.punchHole(new ByteRange(8 * MIB, PAGE));
            open.punchHole(new ByteRange(0, 0));
        }

        then(Files.size(file)).isEqualTo(8 * MIB + 5);
        then(blocks.allocation(file)).isEqualTo(new Allocation(4 * MIB, 0));
        then(blocks.dataRanges(file)).isEqualTo(List.of(new ByteRange(0, MIB), ByteRange.between(5 * MIB, 8 * MIB)));
    }

    @Test
    void what_is_allocated_is_what_stat_says_in_however_many_extents() throws IOException {
        Path file = file("scattered");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(2600L * PAGE); // XFS allocates ahead at the end of files that grow
            for (int i = 0; i < 1300; i++) {
                out.seek(2L * i * PAGE);
                out.write(new byte[] {1});
            }
            out.getFD().sync();
        }
        then(blocks.dataRanges(file)).hasSize(1300);

        Allocation allocation = blocks.allocation(file);

        then(allocation).isEqualTo(new Allocation(1300L * PAGE, 0));
        // stat counts the list of extents, too
        long stat = 512 * Long.parseLong(Tools.run("stat", "-c", "%b", file.toString()));
        then(stat - allocation.allocatedBytes()).isBetween(0L, 16L * PAGE);
    }

    @Test
    void a_clone_does_not_replace_a_file() throws IOException {
        Path original = write("original", PAGE);
        Files.writeString(file("there"), "mine");

        assertThatThrownBy(() -> blocks.cloneFile(original, file("there")))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessage(file("there").toString());
        then(file("there")).hasContent("mine");
    }

    @Test
    void a_clone_on_another_file_system_fails_with_both_names_and_the_errno(@TempDir Path elsewhere)
            throws IOException {
        Path original = write("original", PAGE);
        Path clone = elsewhere.resolve("clone");

        assertThatThrownBy(() -> blocks.cloneFile(original, clone))
                .isInstanceOf(ErrnoException.class)
                .hasMessage(
                        original + " -> " + clone + ": FICLONE: EXDEV (18), the files are on different file systems");
        then(clone).doesNotExist();
    }

    @Test
    void links_folders_and_missing_files_are_refused() throws IOException {
        Path original = write("original", PAGE);
        Path link = Files.createSymbolicLink(file("link"), original);

        assertThatThrownBy(() -> blocks.cloneFile(link, file("clone")))
                .isInstanceOf(FileSystemException.class)
                .hasMessage(link + ": not a regular file");
        assertThatThrownBy(() -> blocks.allocation(disk.folder())).hasMessage(disk.folder() + ": not a regular file");
        assertThatThrownBy(() -> blocks.open(file("none"))).isInstanceOf(NoSuchFileException.class);
        then(file("clone")).doesNotExist();
    }

    @Test
    void a_closed_file_can_be_closed_again_and_does_nothing_else() throws IOException {
        OpenBlocks open = blocks.open(write("file", PAGE));
        open.close();
        open.close();

        assertThatThrownBy(open::allocation).hasMessage(file("file") + ": closed already");
    }

    @Test
    void punching_a_file_that_is_open_for_reading_says_so() throws IOException {
        try (OpenBlocks open = blocks.open(write("file", PAGE))) {
            assertThatThrownBy(() -> open.punchHole(new ByteRange(0, PAGE)))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> then(e.errno()).isEqualTo("EBADF"))
                    .hasMessage(file("file") + ": punching a hole: EBADF (9), not open, or not for writing");
        }
    }
}
