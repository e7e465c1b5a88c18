// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScratchDiskTest {
    private final ScratchDisk disk = ScratchDisk.load();

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(longs = {ScratchDisk.MIN_BYTES, 4L << 30, ScratchDisk.MAX_BYTES})
    void an_empty_disk_is_as_long_as_wanted_takes_little_and_has_a_file_system_without_a_fault(long bytes)
            throws IOException, InterruptedException {
        // WHEN
        Path file = folder.resolve("disk");
        disk.create(file, bytes);
        // THEN
        then(file).hasSize(bytes);
        then(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        then((long) (Integer) Files.getAttribute(file, "unix:nlink")).isOne();
        then(run("du", "-k", file.toString())).matches("\\d{1,3}\\s.*\n");
        then(run("env", "PATH=/usr/sbin:/sbin:/usr/bin:/bin", "e2fsck", "-fn", file.toString()))
                .contains("Pass 5")
                .doesNotContain("IGNORED");
    }

    @Test
    void its_name_changes_with_its_content_alone() {
        then(disk.sha256()).matches("[0-9a-f]{64}").isEqualTo(ScratchDisk.load().sha256());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, ScratchDisk.MIN_BYTES - 4096, ScratchDisk.MIN_BYTES + 1, ScratchDisk.MAX_BYTES + 4096})
    void a_size_that_no_disk_has_is_refused(long bytes) {
        Path file = folder.resolve("disk");
        thenThrownBy(() -> disk.create(file, bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no scratch disk has " + bytes + " bytes");
        then(file).doesNotExist();
    }

    @Test
    void nothing_that_is_there_is_overwritten() throws IOException {
        Path file = Files.writeString(folder.resolve("disk"), "mine");
        thenThrownBy(() -> disk.create(file, ScratchDisk.MIN_BYTES)).isInstanceOf(FileAlreadyExistsException.class);
        then(file).hasContent("mine");
    }

    private String run(String... command) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        then(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        then(process.exitValue()).as(Files.readString(output)).isZero();
        return Files.readString(output);
    }
}
