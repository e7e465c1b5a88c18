// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.FullDiskProcess;
import dev.thaw.vm.testing.VmProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Needs a small disk: a tmpfs that only the other JVM sees, which user namespaces give to anybody on Linux. */
@EnabledOnOs(OS.LINUX)
class FullDiskTest {
    private static final String SCRIPT = """
            set -e
            folder=$1 guest=$2 java=$3
            shift 3
            mkdir "$folder/home" "$folder/home/snapshots" "$folder/home/guest" "$folder/tmp"
            mount -t tmpfs -o size=210m,mode=700 tmpfs "$folder/home/snapshots"
            mount --bind "$guest" "$folder/home/guest"
            export THAW_HOME="$folder/home" THAW_ACCEL=tcg
            exec "$java" "-Djava.io.tmpdir=$folder/tmp" "$@"
            """;

    @TempDir
    private Path folder;

    @Test
    void a_bake_that_does_not_fit_says_so_and_leaves_nothing_behind() throws IOException, InterruptedException {
        // GIVEN
        Path output = folder.resolve("output");
        Path guest = ThawConfig.load().home().resolve("guest");
        List<String> onSmallDisk = List.of(
                "unshare", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh", folder.toString(), guest.toString());
        // WHEN
        String said = VmProcess.run(output, onSmallDisk, FullDiskProcess.class);
        // THEN
        then(said)
                .containsPattern(
                        "too large: PREPARE: Could not bake busybox from .*: preparing failed after \\d+ ms\\. "
                                + "Can't bake snapshot [0-9a-f]{12}: disk full\\. 2147483648 bytes are needed, and \\d+ bytes are "
                                + "free in the file system of ");
        then(said)
                .containsPattern(
                        "filled: [A-Z]+: Could not bake busybox from .* failed after \\d+ ms\\. Can't bake snapshot"
                                + " [0-9a-f]{12}: disk full\\. 1048576 bytes are needed, and \\d+ bytes are free in .*\n"
                                + ".*its machine has ended");
        then(said).contains("QEMU was ended by signal 7.");
        then(said.lines().filter(line -> line.startsWith("left: "))).containsExactly("left: []", "left: []");
    }
}
