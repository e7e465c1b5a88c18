// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TarEntries;
import dev.thaw.image.testing.Tools;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {
    private static final int SIZE_FIELD = 124;
    /** Of GNU's old header: a sparse file's size. */
    private static final int SPARSE_SIZE_FIELD = 483;

    @TempDir
    Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"v7", "oldgnu", "gnu", "ustar", "posix"})
    void every_format_of_gnu_tar_is_read(String format) throws Exception {
        // GIVEN
        Path folder = Files.createDirectories(temp.resolve("in/folder"));
        Files.writeString(folder.resolve("file"), "content");
        Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
        Files.createLink(folder.resolve("twin"), folder.resolve("file"));
        // WHEN
        List<TarEntry> entries = archive(
                "--format=" + format,
                "--sort=name",
                "--mtime=@1600000000",
                "--owner=u:7",
                "--group=g:8",
                "--mode=0750");
        // THEN
        then(entries.stream().map(e -> e.type() + " " + e.name() + " " + e.linkName()))
                .containsExactly(
                        "DIRECTORY folder/ ",
                        "FILE folder/file ",
                        "SYMLINK folder/link file",
                        "HARD_LINK folder/twin folder/file");
        then(entries).allSatisfy(e -> {
            then(e.attributes().mtimeSeconds()).isEqualTo(1_600_000_000);
            then(e.attributes().uid()).isEqualTo(7);
            then(e.attributes().gid()).isEqualTo(8);
        });
        then(content(entries.get(1))).isEqualTo("content");
    }

    @ParameterizedTest
    @ValueSource(strings = {"oldgnu", "gnu", "posix"})
    void names_of_any_length_are_read(String format) throws Exception {
        // GIVEN
        String name = ("x".repeat(200) + "/").repeat(5) + "y".repeat(255);
        Path file = temp.resolve("in").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "content");
        Files.createSymbolicLink(file.resolveSibling("link"), Path.of("z".repeat(300)));
        // WHEN
        List<TarEntry> entries = archive("--format=" + format);
        // THEN
        then(entries).extracting(TarEntry::name).contains(name);
        then(entries).extracting(TarEntry::linkName).contains("z".repeat(300));
    }

    @ParameterizedTest
    @CsvSource({"gnu, 0.0", "oldgnu, 0.0", "posix, 0.0", "posix, 0.1", "posix, 1.0"})
    void sparse_files_are_read_with_their_holes(String format, String version) throws Exception {
        // GIVEN a file of many pieces, more than fit into a header
        Path file = Files.createDirectories(temp.resolve("in")).resolve("sparse");
        byte[] expected = new byte[40 * 65536 + 5000];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 1; i < 40; i++) {
                byte[] piece = new byte[4096 + i];
                Arrays.fill(piece, (byte) i);
                channel.write(ByteBuffer.wrap(piece), i * 65536L);
                System.arraycopy(piece, 0, expected, i * 65536, piece.length);
            }
            channel.write(ByteBuffer.allocate(1), expected.length - 1);
        }
        // WHEN
        List<TarEntry> entries = archive("--format=" + format, "--sparse", "--sparse-version=" + version);
        // THEN
        then(Files.size(temp.resolve("out.tar"))).isLessThan(expected.length / 2);
        then(entries).singleElement().satisfies(e -> {
            then(e.name()).isEqualTo("sparse");
            then(e.content().size()).isEqualTo(expected.length);
            byte[] actual = new byte[expected.length];
            for (int at = 0; at < actual.length; at += 10_007) { // reads that begin and end anywhere
                e.content().read(at, actual, at, Math.min(10_007, actual.length - at));
            }
            then(Arrays.mismatch(actual, expected)).isEqualTo(-1);
        });
    }

    @Test
    void extended_attributes_are_binary() throws Exception {
        byte[] value = {0, '\n', (byte) 0xc3, (byte) 0xff, '='};
        List<TarEntry> entries = TarEntries.of(Tar.of(Member.file("f", "x").xattr("security.capability", value)));
        then(entries).singleElement().satisfies(e -> {
            then(e.attributes().xattrs()).containsOnlyKeys("security.capability");
            then(e.attributes().xattrs().get("security.capability")).isEqualTo(value);
        });
    }

    @Test
    void pax_values_replace_those_of_the_header() throws Exception {
        List<TarEntry> entries = TarEntries.of(Tar.of(
                Member.file("old", "12345")
                        .pax("path", "new")
                        .pax("uid", "4294967294")
                        .pax("mtime", "-1.5"),
                Member.file("next", "")));
        then(entries.get(0).name()).isEqualTo("new");
        then(Integer.toUnsignedLong(entries.get(0).attributes().uid())).isEqualTo(4294967294L);
        then(entries.get(0).attributes().mtimeSeconds()).isEqualTo(-2);
        then(entries.get(0).attributes().mtimeNanos()).isEqualTo(500_000_000);
        then(entries.get(1).name()).isEqualTo("next");
        then(entries.get(1).attributes().uid()).isZero();
    }

    /** Go's archive/tar takes one for a member: it has what stands before it, and nothing behind it has its records. */
    @Test
    void a_global_header_says_nothing_of_other_members_and_ends_what_stands_before_it() throws Exception {
        byte[] records = "15 path=global\n".getBytes(StandardCharsets.ISO_8859_1);
        Member global = Member.raw('g', "pax_global_header", records);
        then(TarEntries.of(Tar.of(global, Member.file("f", ""))))
                .extracting(TarEntry::name)
                .containsExactly("f");
        then(TarEntries.of(Tar.of(Member.raw('x', "x", records), global, Member.file("f", ""))))
                .extracting(TarEntry::name)
                .containsExactly("f");
        thenReading(Tar.of(Member.raw('g', "g", new byte[] {'x'}), Member.file("f", "")))
                .hasMessage(
                        "PAX header of the tar header at offset 0, byte 0: expected the record's length and a space");
    }

    @Test
    void a_long_name_of_gnu_goes_before_one_of_pax_and_an_empty_one_says_nothing() throws Exception {
        byte[] gnu = {'g', 'n', 'u', 0, 'x'};
        Member file = Member.file("header", "").pax("path", "pax");
        then(TarEntries.of(Tar.of(Member.raw('L', "L", gnu), file, Member.raw('L', "L", new byte[1]), file)))
                .extracting(TarEntry::name)
                .containsExactly("gnu", "pax");
        Member link = Member.symlink("s", "header").pax("linkpath", "pax");
        then(TarEntries.of(Tar.of(
                        Member.raw('K', "K", gnu),
                        link,
                        Member.symlink("s", "header").pax("linkpath", ""))))
                .extracting(TarEntry::linkName)
                .containsExactly("gnu", "header");
    }

    @Test
    void a_version_of_sparse_files_that_nobody_knows_is_a_plain_file() throws Exception {
        TarEntry entry = TarEntries.of(Tar.of(Member.file("f", "12345")
                        .pax("GNU.sparse.major", "2")
                        .pax("GNU.sparse.minor", "0")
                        .pax("GNU.sparse.name", "other")
                        .pax("GNU.sparse.realsize", "9")))
                .get(0);
        then(entry.name()).isEqualTo("f");
        then(content(entry)).isEqualTo("12345");
    }

    @Test
    void the_end_may_lack_its_blocks_of_zeros_and_anything_may_follow_them() throws Exception {
        byte[] whole = Tar.of(Member.file("f", "x"));
        then(TarEntries.of(Arrays.copyOf(whole, 1024))).hasSize(1);
        then(TarEntries.of(Arrays.copyOf(whole, 1024 + 512))).hasSize(1);
        byte[] followed = Arrays.copyOf(whole, 1024 + 2048);
        Arrays.fill(followed, 1024 + 1024, followed.length, (byte) 7);
        then(TarEntries.of(followed)).hasSize(1);
    }

    @Test
    void a_hostile_archive_is_refused_with_the_offset() throws Exception {
        byte[] good = Tar.of(Member.file("f", "x"));
        thenReading(Arrays.copyOf(good, 300))
                .hasMessage("tar archive is cut off: a header begins at offset 0, and only 300 bytes are left");
        byte[] checksum = good.clone();
        checksum[0] = 'g';
        thenReading(checksum)
                .hasMessageMatching("no tar header at offset 0: its checksum is \\d+, and the header says \\d+");
        byte[] oneZeroBlock = Tar.of(Member.raw('0', "f", new byte[0]));
        System.arraycopy(good, 0, oneZeroBlock, 1024, 512);
        thenReading(oneZeroBlock)
                .hasMessage("no tar header at offset 512: a block of zeros, and the one after it is not");
        thenReading(Tar.of(Member.raw('Z', "f", new byte[0])))
                .hasMessage("tar header at offset 0: members of type 0x5a are not supported");
        thenReading(Arrays.copyOf(Tar.of(Member.raw('L', "f", new byte[] {'n'})), 1024))
                .hasMessage("tar archive ends at offset 1024, right behind an extended header");
        thenReading(Tar.of(Member.raw('x', "f", new byte[2_000_000])))
                .hasMessage(
                        "tar header at offset 0: an extended header of 2000000 bytes; at most 1048576 are accepted");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    99 path=x     | a record's length is wrong, 12 bytes are left
                    2 path=xxx    | a record's length is wrong, 11 bytes are left
                    path=x        | expected the record's length and a space
                    10 =xxxxx     | expected '<length> <key>=<value>' and a newline
                    9 pathxx      | expected '<length> <key>=<value>' and a newline
                    """)
    void a_malformed_pax_record_is_refused(String record, String reason) throws Exception {
        byte[] records = (record + "\n").getBytes(StandardCharsets.ISO_8859_1);
        if (reason.contains("bytes are left")) {
            reason = reason.replaceAll("\\d+ bytes", records.length + " bytes");
        }
        thenReading(Tar.of(Member.raw('x', "p", records), Member.file("f", "x")))
                .hasMessage("PAX header of the tar header at offset 0, byte 0: " + reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    uid      | x                     | the PAX record uid is not a number: x
                    size     | 99999999999999999999  | the PAX record size is not a number: 99999999999999999999
                    size     | -5                    | a content of -5 bytes, and the archive has only 1536 more
                    mtime    | soon                  | a PAX time is not a number of seconds
                    mtime    | .5                    | a PAX time is not a number of seconds
                    atime    | soon                  | a PAX time is not a number of seconds
                    """)
    void a_pax_value_out_of_range_is_refused(String key, String value, String reason) throws Exception {
        thenReading(Tar.of(Member.file("f", "x").pax(key, value))).hasMessage("tar header at offset 1024: " + reason);
    }

    @Test
    void numbers_of_base_256_are_read_and_bounded() throws Exception {
        byte[] archive = Tar.of(Member.file("f", ""));
        archive[SIZE_FIELD] = (byte) 0x80;
        Arrays.fill(archive, SIZE_FIELD + 1, SIZE_FIELD + 12, (byte) 0xff);
        thenReading(Tar.withChecksums(archive))
                .hasMessage("tar header at offset 0: its size does not fit into 64 bits");
        Arrays.fill(archive, SIZE_FIELD + 1, SIZE_FIELD + 8, (byte) 0);
        thenReading(Tar.withChecksums(archive))
                .hasMessage(
                        "tar header at offset 0: a content of 4294967295 bytes, and the archive has only 1024 more");
        Arrays.fill(archive, SIZE_FIELD, SIZE_FIELD + 12, (byte) 0xff);
        thenReading(Tar.withChecksums(archive))
                .hasMessage("tar header at offset 0: a content of -1 bytes, and the archive has only 1024 more");
    }

    @Test
    void an_old_sparse_file_of_negative_size_is_refused() throws Exception {
        byte[] archive = Tar.of(Member.raw('S', "f", new byte[0]).format(Member.Format.GNU));
        Arrays.fill(archive, SPARSE_SIZE_FIELD, SPARSE_SIZE_FIELD + 12, (byte) 0xff);
        thenReading(Tar.withChecksums(archive)).hasMessage("tar header at offset 0: sparse map: a file of -1 bytes");
    }

    @Test
    void a_hostile_sparse_map_is_refused() throws Exception {
        thenReading(Tar.of(sparse("1", "0,1", "0")))
                .hasMessage("tar header at offset 1024: sparse map: piece at 0 of 1 bytes, after 0 and in a file of 0");
        thenReading(Tar.of(sparse("2", "0,1,0,1", "9")))
                .hasMessage("tar header at offset 1024: sparse map: piece at 0 of 1 bytes, after 1 and in a file of 9");
        thenReading(Tar.of(sparse("1", "0,5", "9")))
                .hasMessage("tar header at offset 1024: sparse map: its pieces have 5 bytes, and the archive has 1");
        thenReading(Tar.of(sparse("2", "0,1", "9")))
                .hasMessage("tar header at offset 1024: a sparse map of 1 pieces, and GNU.sparse.numblocks says 2");
        thenReading(Tar.of(sparse("1", "0,1,", "9")))
                .hasMessage("tar header at offset 1024: a sparse map of an odd count of numbers");
        thenReading(Tar.of(sparse("1", "0,-1", "9")))
                .hasMessage("tar header at offset 1024: a sparse map has something that is not a number");
        thenReading(Tar.of(Member.dir("d").pax("GNU.sparse.map", "0,1").pax("GNU.sparse.numblocks", "1")))
                .hasMessage("tar header at offset 1024: a sparse map, but no file");
        thenReading(Tar.of(Member.file("f", "9999999\n")
                        .pax("GNU.sparse.major", "1")
                        .pax("GNU.sparse.minor", "0")
                        .pax("GNU.sparse.realsize", "9")))
                .hasMessage("tar header at offset 1024: its sparse map is cut off");
    }

    private static Member sparse(String count, String map, String size) {
        return Member.file("f", "x")
                .pax("GNU.sparse.map", map)
                .pax("GNU.sparse.numblocks", count)
                .pax("GNU.sparse.size", size);
    }

    private AbstractThrowableAssert<?, ?> thenReading(byte[] archive) {
        return thenThrownBy(() -> TarEntries.of(archive)).isInstanceOf(InvalidImageException.class);
    }

    private List<TarEntry> archive(String... options) throws IOException {
        Path archive = temp.resolve("out.tar");
        List<String> command =
                new ArrayList<>(List.of("tar", "-C", temp.resolve("in").toString()));
        command.addAll(List.of(options));
        command.addAll(List.of("-cf", archive.toString()));
        try (var names = Files.list(temp.resolve("in"))) {
            names.map(n -> n.getFileName().toString()).forEach(command::add);
        }
        Tools.run(command.toArray(String[]::new));
        return TarEntries.of(Files.readAllBytes(archive));
    }

    private static String content(TarEntry entry) throws IOException {
        byte[] bytes = new byte[(int) entry.content().size()];
        entry.content().read(0, bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
