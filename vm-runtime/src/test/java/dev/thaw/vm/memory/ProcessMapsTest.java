// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines as Linux writes them, and such as it never would. */
class ProcessMapsTest {
    private static final MappedFile MEMORY = new MappedFile(Path.of("/store/mem ory\n1"), "fe:0", 4711);
    private static final String OTHERS = """
            55d0c8a00000-55d0c8a21000 r--p 00000000 fe:00 99                         /usr/bin/qemu-system-x86_64
            7f35fb5ff000-7f35fb600000 ---p 00000000 00:00 0\s
            7ffc3d3f8000-7ffc3d419000 rw-p 00000000 00:00 0                          [stack]
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
            """;
    private static final String LOW = "7f0000000000-7f0000100000 rw-p 00000000 fe:00 4711   /store/mem ory\\0121\n";
    private static final String HIGH = "7f0000100000-7f0000300000 r--p 00100000 fe:00 4711   /store/mem ory\\0121\n";

    @TempDir
    private Path folder;

    private static List<Mapping> of(long bytes, String... lines) throws IOException {
        return ProcessMaps.of(MEMORY, bytes, ProcessMaps.parse(OTHERS + String.join("", lines)));
    }

    @Test
    void a_mapping_that_the_kernel_has_split_is_put_together_by_offsets() throws IOException {
        // GIVEN the second half at lower addresses
        String high = HIGH.replace("7f0000100000-7f0000300000", "7e0000100000-7e0000300000");
        // WHEN
        List<Mapping> parts = of(3 << 20, high, LOW);
        // THEN
        then(parts).extracting(Mapping::start).containsExactly(0x7f0000000000L, 0x7e0000100000L);
        then(parts).extracting(Mapping::fileOffset).containsExactly(0L, 1L << 20);
        then(parts.get(0).path()).isEqualTo("/store/mem ory\n1");
    }

    @Test
    void a_file_is_known_by_its_path_where_device_or_inode_are_told_otherwise() throws IOException {
        then(of(1 << 20, LOW.replace("fe:00", "00:1f"))).hasSize(1);
        then(of(1 << 20, LOW.replace("4711", "4712"))).hasSize(1);
        then(of(1 << 20, LOW.replace("4711", "4712").replace("\\0121\n", "\\0121 (deleted)\n")))
                .hasSize(1);
        then(of(1 << 20, LOW.replace("/store/mem ory", "/else/where"))).hasSize(1);
    }

    @Test
    void a_file_that_is_not_mapped_as_a_whole_privately_and_once_is_refused() {
        thenThrownBy(() -> of(3 << 20)).hasMessageContaining("0 bytes are mapped");
        thenThrownBy(() -> of(3 << 20, LOW)).hasMessageContaining("1048576 bytes are mapped");
        thenThrownBy(() -> of(3 << 20, HIGH)).hasMessageContaining("where offset 0 comes next");
        thenThrownBy(() -> of(3 << 20, LOW, LOW, HIGH)).hasMessageContaining("where offset 1048576 comes next");
        thenThrownBy(() -> of(1 << 20, LOW.replace("rw-p", "rw-s"))).hasMessageContaining("otherwise than privately");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "7f0000000000 rw-p 00000000 fe:00 4711",
                "7f0000000000-7f0000100000-7f0000200000 rw-p 00000000 fe:00 4711",
                "7f0000100000-7f0000000000 rw-p 00000000 fe:00 4711",
                "7f0000000000-7f0000000000 rw-p 00000000 fe:00 4711",
                "10000000000000000-10000000000001000 rw-p 00000000 fe:00 4711",
                "7f0000000000-7f0000100000 rw 00000000 fe:00 4711",
                "7f0000000000-7f0000100000 rw-p 7fffffffffffffff fe:00 4711",
                "7f0000000000-7f0000100000 rw-p -1 fe:00 4711",
                "7f0000000000-7f0000100000 rw-p 00000000 fe00 4711",
                "7f0000000000-7f0000100000 rw-p 00000000 fe:00:1 4711",
                "7f0000000000-7f0000100000 rw-p 00000000 fe:00 inode",
                "7f0000000000-7f0000100000 rw-p 00000000 fe:00"
            })
    void a_line_that_no_kernel_writes_is_shown(String line) {
        thenThrownBy(() -> ProcessMaps.parse(OTHERS + line + "\n"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("Line 5 of a process's maps is none of the kernel's: " + line);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void maps_that_do_not_end_are_given_up() {
        thenThrownBy(() -> ProcessMaps.read(Path.of("/dev/zero")))
                .hasMessage("/dev/zero has more than 16777216 bytes.");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void the_maps_of_this_process_are_read_and_name_files_as_stat_does() throws IOException {
        List<Mapping> all = ProcessMaps.read(Path.of("/proc/self/maps"));
        Mapping library = all.stream()
                .filter(mapping -> mapping.path().endsWith("/libjvm.so"))
                .findFirst()
                .orElseThrow();
        MappedFile file = MappedFile.of(Path.of(library.path()));
        then(file.inode()).isEqualTo(library.inode());
        then(file.isMappedBy(library)).isTrue();
        // AND another file is another one
        then(MappedFile.of(Files.createFile(folder.resolve("other"))).isMappedBy(library))
                .isFalse();
    }

    @FuzzTest
    void whatever_lines_say_they_are_read_or_refused(FuzzedDataProvider data) {
        String text = data.consumeRemainingAsString();
        MappedFile plain = new MappedFile(Path.of("/memory"), "fe:0", 4711);
        try {
            List<Mapping> parts = ProcessMaps.of(plain, 1 << 20, ProcessMaps.parse(text));
            then(parts).allMatch(part -> part.start() >= 0 && part.length() > 0 && part.isPrivate());
        } catch (IOException expected) {
            then(expected).hasMessageNotContaining("\n");
        }
    }
}
