// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Whatever an archive is, it is read or refused with the documented exception, and costs no more than it is long. */
class TarReaderFuzzTest {
    /** Above what the shortest record of an attribute, and a piece of a sparse map, take for each of their bytes. */
    private static final int MOST_HEAP_PER_BYTE = 32;

    private static final String[] KEYS = {
        "path",
        "linkpath",
        "size",
        "uid",
        "gid",
        "mtime",
        "atime",
        "hdrcharset",
        "SCHILY.xattr.user.a",
        "GNU.sparse.map",
        "GNU.sparse.size",
        "GNU.sparse.realsize",
        "GNU.sparse.major",
        "GNU.sparse.minor",
        "GNU.sparse.name",
        "GNU.sparse.numblocks",
        "GNU.sparse.offset",
        "GNU.sparse.numbytes"
    };

    @FuzzTest(maxDuration = "10m")
    void any_bytes_are_an_archive_or_refused(byte[] bytes) throws Exception {
        if (bytes != null) {
            thenIsReadOrRefused(Tar.withChecksums(bytes));
        }
    }

    /** A whole archive, with records and bytes of headers that are the fuzzer's. */
    @FuzzTest(maxDuration = "10m")
    void an_archive_with_any_damage_is_read_or_refused(FuzzedDataProvider data) throws Exception {
        byte[] archive = Tar.of(List.of(member(data), member(data), member(data)));
        for (int i = data.consumeInt(0, 8); i > 0; i--) {
            int block = data.consumeInt(0, archive.length / 512 - 1) * 512;
            archive[block + data.consumeInt(0, 511)] = data.consumeByte();
        }
        int length = data.consumeBoolean() ? archive.length : data.consumeInt(0, archive.length);
        thenIsReadOrRefused(Tar.withChecksums(Arrays.copyOf(archive, length)));
    }

    private static Member member(FuzzedDataProvider data) {
        String name = data.consumeBoolean() ? "file" : "n".repeat(data.consumeInt(0, 300));
        Member member = switch (data.consumeInt(0, 5)) {
            case 0 -> Member.sparse(data.pickValue(new String[] {"0.0", "0.1", "1.0"}), name, 40, pieces(data));
            case 1 -> Member.hardLink(name, "l".repeat(data.consumeInt(0, 300)));
            case 2 -> Member.raw((char) (data.consumeByte() & 0xff), name, data.consumeBytes(600));
            case 3 -> Member.device('4', name, data.consumeInt(), data.consumeInt());
            default -> Member.file(name, data.consumeBytes(600));
        };
        for (int i = data.consumeInt(0, 3); i > 0; i--) {
            member.pax(data.pickValue(KEYS), data.consumeBytes(20));
        }
        return member.format(data.pickValue(Member.Format.values()))
                .owner(data.consumeLong(), data.consumeLong())
                .mtime(data.consumeLong());
    }

    private static SortedMap<Long, byte[]> pieces(FuzzedDataProvider data) {
        SortedMap<Long, byte[]> pieces = new TreeMap<>();
        for (int i = data.consumeInt(0, 3); i > 0; i--) {
            pieces.put(data.consumeLong(-1, 41), data.consumeBytes(3));
        }
        return pieces;
    }

    private static void thenIsReadOrRefused(byte[] archive) throws IOException {
        Path file = Files.write(Files.createTempFile("thaw-fuzz", ".tar"), archive);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE)) {
            TarReader reader = new TarReader(ByteRegion.of(channel));
            long before = -1;
            for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
                then(entry.offset()).as("headers go forward").isGreaterThan(before);
                before = entry.offset();
                thenIsWhole(entry, archive.length);
            }
        } catch (InvalidImageException e) {
            then(e.getMessage()).isNotBlank().hasSizeLessThan(10_000);
        }
    }

    private static void thenIsWhole(TarEntry entry, int archiveBytes) throws IOException {
        then(entry.name() + entry.linkName()).doesNotContain("\0");
        then(new String(entry.name().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1))
                .isEqualTo(entry.name());
        then(entry.heapBytes()).isLessThanOrEqualTo(600 + (long) MOST_HEAP_PER_BYTE * archiveBytes);
        FileContent content = entry.content();
        int some = (int) Math.min(content.size(), 100_000);
        content.read(0, new byte[some], 0, some);
        content.read(content.size() - some, new byte[some], 0, some);
    }
}
