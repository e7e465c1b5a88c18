// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.ScratchProcess;
import dev.thaw.vm.testing.VmProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Scratch disks in stores on other file systems than the usual one, mounted where only the other JVM sees them. */
@EnabledOnOs(OS.LINUX)
class ScratchFileSystemsTest {
    private static final String BEGIN = """
            set -e
            folder=$1 guest=$2 java=$3
            shift 3
            mkdir "$folder/home" "$folder/home/snapshots" "$folder/home/guest" "$folder/tmp"
            """;
    private static final String END = """
            chmod 700 "$folder/home/snapshots"
            mount --bind "$guest" "$folder/home/guest"
            export THAW_HOME="$folder/home" THAW_ACCEL=tcg
            exec "$java" "-Djava.io.tmpdir=$folder/tmp" "$@" "$TASK"
            """;
    private static final String ON_XFS = BEGIN + """
            truncate -s 1G "$folder/image"
            mkfs.xfs -q -m reflink=1 "$folder/image"
            mount -o loop "$folder/image" "$folder/home/snapshots"
            """ + END;
    private static final String ON_SMALL_DISK = BEGIN + """
            mount -t tmpfs -o size=240m,mode=700 tmpfs "$folder/home/snapshots"
            """ + END;

    @TempDir
    private Path folder;

    private String run(String task, String script, String... unshare) throws IOException, InterruptedException {
        Path guest = ThawConfig.load().home().resolve("guest");
        List<String> command = new ArrayList<>(List.of(unshare));
        command.addAll(List.of("env", "TASK=" + task, "sh", "-c", script, "sh", folder.toString(), guest.toString()));
        return VmProcess.run(folder.resolve("output"), command, ScratchProcess.class);
    }

    @Tag("root")
    @Test
    void with_clones_each_vm_has_a_clone_and_so_has_a_checkpoint() throws IOException, InterruptedException {
        String said = run("copies", ON_XFS, "unshare", "--mount");
        then(said)
                .contains("disk: clone\n", "one: one\n", "two: early\n", "three: one more\n", "one: later\n")
                .contains("left: []\nsnapshot: true []\n");
    }

    @Test
    void a_host_s_full_disk_ends_the_machine_with_an_error_that_says_so() throws IOException, InterruptedException {
        String said = run("full", ON_SMALL_DISK, "unshare", "--map-root-user", "--mount");
        String why =
                "was ended, as the host could not write its scratch disk .*/instances/.*/scratch: the host's disk is"
                        + " full, \\d+ bytes are free\\. Make room there, or choose another folder \\(thaw\\.home\\)\\.";
        then(said)
                .contains("disk: overlay\n")
                .containsPattern("failed: The command .* in busybox-[0-9a-f]{6} failed: .*" + why)
                .containsPattern("then: .*" + why)
                .contains("left: []\nsnapshot: true []\n");
    }
}
