// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Asks the C compiler what the kernel's headers say. */
@EnabledOnOs(OS.LINUX)
class ConstantsTest {
    @TempDir
    Path folder;

    private String evaluate(String format, String... expressions) throws IOException {
        Path source = Files.writeString(folder.resolve("constants.c"), """
                #define _GNU_SOURCE
                #include <errno.h>
                #include <fcntl.h>
                #include <stddef.h>
                #include <stdio.h>
                #include <unistd.h>
                #include <sys/ioctl.h>
                #include <linux/falloc.h>
                #include <linux/fiemap.h>
                #include <linux/fs.h>
                int main(void) { printf("%s"); return 0; }
                """.replace(
                        "\"%s\"", "\"" + format + "\", " + String.join(", ", expressions)));
        Path program = folder.resolve("constants");
        Tools.run("gcc", "-o", program.toString(), source.toString());
        return Tools.run(program.toString());
    }

    @Test
    void calls_have_the_kernels_numbers() throws IOException {
        then(evaluate(
                        "%d %d %d %d %d %lx %lx %lx",
                        "O_NONBLOCK",
                        "O_CLOEXEC",
                        "SEEK_DATA",
                        "SEEK_HOLE",
                        "FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE",
                        "(long) FICLONE",
                        "(long) FICLONERANGE",
                        "(long) FS_IOC_FIEMAP"))
                .isEqualTo("%d %d %d %d %d %x %x %x"
                        .formatted(
                                LinuxLibC.O_NONBLOCK,
                                LinuxLibC.O_CLOEXEC,
                                LinuxLibC.SEEK_DATA,
                                LinuxLibC.SEEK_HOLE,
                                LinuxLibC.FALLOC_FL_KEEP_SIZE | LinuxLibC.FALLOC_FL_PUNCH_HOLE,
                                LinuxLibC.FICLONE,
                                LinuxLibC.FICLONERANGE,
                                LinuxLibC.FS_IOC_FIEMAP));
    }

    @Test
    void extents_lie_where_the_kernel_puts_them() throws IOException {
        then(evaluate(
                        "%zu %zu %zu %zu %zu %zu, %zu %zu %zu %zu",
                        "offsetof(struct fiemap, fm_start)",
                        "offsetof(struct fiemap, fm_length)",
                        "offsetof(struct fiemap, fm_flags)",
                        "offsetof(struct fiemap, fm_mapped_extents)",
                        "offsetof(struct fiemap, fm_extent_count)",
                        "sizeof(struct fiemap)",
                        "offsetof(struct fiemap_extent, fe_logical)",
                        "offsetof(struct fiemap_extent, fe_length)",
                        "offsetof(struct fiemap_extent, fe_flags)",
                        "sizeof(struct fiemap_extent)"))
                .isEqualTo("%d %d %d %d %d %d, %d %d %d %d"
                        .formatted(
                                FileExtents.START,
                                FileExtents.LENGTH,
                                FileExtents.FLAGS,
                                FileExtents.MAPPED_EXTENTS,
                                FileExtents.EXTENT_COUNT,
                                FileExtents.HEADER_SIZE,
                                FileExtents.EXTENT_LOGICAL,
                                FileExtents.EXTENT_LENGTH,
                                FileExtents.EXTENT_FLAGS,
                                FileExtents.EXTENT_SIZE));
    }

    @Test
    void error_numbers_have_the_kernels_names() throws IOException {
        List<Errno> known =
                Arrays.stream(Errno.values()).filter(e -> e != Errno.ENOTSUP).toList();

        String numbers = evaluate(
                "%d ".repeat(known.size()), known.stream().map(Errno::name).toArray(String[]::new));

        then(Arrays.stream(numbers.split(" ", -1)).map(number -> Errno.of(Integer.parseInt(number), false)))
                .isEqualTo(known);
    }
}
