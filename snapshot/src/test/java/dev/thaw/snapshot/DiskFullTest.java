// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.BDDAssertions.then;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Needs a small disk: a tmpfs that only the other JVM sees, which user namespaces give to anybody on Linux. */
@EnabledOnOs(OS.LINUX)
class DiskFullTest {
    @TempDir
    Path disk;

    @Test
    void a_full_disk_is_said_with_numbers_and_leaves_nothing_behind() throws Exception {
        List<String> onSmallDisk = List.of(
                "unshare",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs -o size=3m,mode=700 tmpfs '" + disk + "' && exec \"$@\"",
                "sh");

        try (ForkedJvm jvm = ForkedJvm.start(onSmallDisk, DiskFullProcess.class, disk.toString())) {
            then(jvm.line())
                    .matches(
                            "Can't keep snapshot [0-9a-f]{12}: disk full\\. 2097152 bytes are needed, and \\d+ bytes are "
                                    + "free in the file system of " + disk + "/store\\. "
                                    + "Free some space there, or put the store elsewhere \\(thaw\\.home\\)\\.");
            then(jvm.line()).isEqualTo("2097152");
            then(Long.parseLong(jvm.line())).isBetween(500_000L, 1_100_000L);
            then(jvm.line()).contains("No space left on device");
            then(jvm.line()).isEqualTo("drafts left: 0");
            then(jvm.line()).isEqualTo("then intact: true");
        }
    }
}
