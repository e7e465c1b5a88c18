// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.testing.Member;
import dev.thaw.image.testing.Tar;
import dev.thaw.image.testing.TarEntries;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, owners, times, devices and attributes at the ends of their ranges, as Go's archive/tar and Linux take them. */
class TarFieldsTest {
    private static final int PREFIX_FIELD = 345;

    @ParameterizedTest
    @EnumSource
    void names_are_bytes_in_every_format(Member.Format format) throws Exception {
        String bytes = "\u00ff\u00fe\u00e9\n ".repeat(19);
        String longer = bytes + bytes;
        then(TarEntries.of(Tar.of(
                        Member.file(bytes, "").format(format),
                        Member.symlink(longer, longer).format(format),
                        Member.file("x", "")
                                .pax("hdrcharset", "BINARY")
                                .pax("path", bytes)
                                .format(format))))
                .extracting(e -> e.name() + e.linkName())
                .containsExactly(bytes, longer + longer, bytes);
    }

    @Test
    void a_prefix_is_read_where_the_format_has_one() throws Exception {
        // GIVEN a header of star, whose prefix is shorter, and one of GNU, which has none but in archives of old Go
        byte[] ustar = Tar.of(Member.file("a/".repeat(60) + "f", "").format(Member.Format.USTAR));
        byte[] star = ustar.clone();
        Arrays.fill(star, PREFIX_FIELD, PREFIX_FIELD + 155, (byte) 'p');
        System.arraycopy(new byte[] {'t', 'a', 'r', 0}, 0, star, 508, 4);
        byte[] gnu = Tar.of(Member.file("f", "").format(Member.Format.GNU));
        byte[] oldGo = gnu.clone();
        System.arraycopy("some/folder".getBytes(StandardCharsets.US_ASCII), 0, oldGo, PREFIX_FIELD, 11);
        byte[] times = gnu.clone();
        Arrays.fill(times, PREFIX_FIELD, PREFIX_FIELD + 24, (byte) '7');
        // THEN
        then(onlyName(ustar)).isEqualTo("a/".repeat(60) + "f");
        then(onlyName(star)).startsWith("p".repeat(131) + "/a/").endsWith("/f").hasSizeLessThan(131 + 102);
        then(onlyName(oldGo)).isEqualTo("some/folder/f");
        then(onlyName(times)).isEqualTo("f");
    }

    private static String onlyName(byte[] archive) throws IOException {
        List<TarEntry> entries = TarEntries.of(Tar.withChecksums(archive));
        then(entries).hasSize(1);
        return entries.get(0).name();
    }

    /** chown takes 32 bits, and -1 for "as it is". Some archivers write -2 for nobody. */
    @Test
    void owners_are_what_chown_makes_of_them() throws Exception {
        List<TarEntry> entries = TarEntries.of(Tar.of(
                Member.file("a", "").owner(-2, 4_294_967_295L),
                Member.file("b", "").owner(-1, 4_294_967_301L),
                Member.file("c", "").owner(-2, 4_000_000_000L).format(Member.Format.GNU)));
        then(entries.stream()
                        .map(TarEntry::attributes)
                        .map(a -> Integer.toUnsignedString(a.uid()) + ":" + Integer.toUnsignedString(a.gid())))
                .containsExactly("4294967294:0", "0:5", "4294967294:4000000000");
    }

    /** mknod takes 12 bits and 20. A v7 header has none. */
    @Test
    void device_numbers_are_what_mknod_makes_of_them() throws Exception {
        List<TarEntry> entries = TarEntries.of(Tar.of(
                Member.device('3', "a", 4095, 1_048_575),
                Member.device('3', "b", 4096 + 7, 1_048_576 + 8),
                Member.device('3', "c", 1, 2).format(Member.Format.V7),
                Member.device('4', "d", 1, 2).pax("SCHILY.devmajor", "9")));
        then(entries).extracting(e -> e.major() + ":" + e.minor()).containsExactly("4095:1048575", "7:8", "0:0", "1:2");
        thenThrownBy(() -> TarEntries.of(Tar.of(Member.device('3', "a", -1, 0).format(Member.Format.GNU))))
                .isInstanceOf(InvalidImageException.class)
                .hasMessage("tar header at offset 0: a major device number of -1; 0 to 4294967295 are accepted");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0",
        "-1, -1, 0",
        "-0.25, -1, 750000000",
        "-5.25, -6, 750000000",
        "+7.1234567899, 7, 123456789",
        "5000000000.5, 5000000000, 500000000",
        "-99999999999, -99999999999, 0",
        "9., 9, 0"
    })
    void times_of_pax_may_be_of_any_century(String text, long seconds, int nanos) throws Exception {
        TarEntry entry =
                TarEntries.of(Tar.of(Member.file("f", "").pax("mtime", text))).get(0);
        then(entry.attributes().mtimeSeconds()).isEqualTo(seconds);
        then(entry.attributes().mtimeNanos()).isEqualTo(nanos);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, -2_208_988_800L, 8_589_934_592L, 99_999_999_999L, Long.MIN_VALUE})
    void times_of_base_256_may_be_of_any_century(long seconds) throws Exception {
        TarEntry entry = TarEntries.of(
                        Tar.of(Member.file("f", "").mtime(seconds).format(Member.Format.GNU)))
                .get(0);
        then(entry.attributes().mtimeSeconds()).isEqualTo(seconds);
    }

    /** By POSIX an empty value takes back another one, but container engines make empty attributes. */
    @Test
    void an_attribute_may_be_empty_and_only_those_of_schily_are_read() throws Exception {
        byte[] one = {'M', 'Q'};
        TarEntry entry = TarEntries.of(Tar.of(
                        Member.file("f", "").xattr("user.empty", new byte[0]).pax("LIBARCHIVE.xattr.user.a", one)))
                .get(0);
        then(entry.attributes().xattrs()).containsOnlyKeys("user.empty");
    }

    @Test
    void numbers_that_are_none_are_refused_even_where_nobody_needs_them() throws Exception {
        byte[] archive = Tar.of(Member.dir("d"));
        for (int field : new int[] {100, 108, 116, 124, 136, 329, 337}) {
            byte[] broken = archive.clone();
            broken[field] = 'x';
            thenThrownBy(() -> TarEntries.of(Tar.withChecksums(broken)))
                    .isInstanceOf(InvalidImageException.class)
                    .hasMessageEndingWith(" is not an octal number: byte 0x78");
        }
    }
}
