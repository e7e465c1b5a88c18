// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.OddPathProcess;
import dev.thaw.vm.testing.VmProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever characters a user's folders have in their names, they mean nothing to QEMU. */
class OddPathsTest {
    private static final String ODD_FOLDER = "a,,b=c 'd\"\\%\u00e9";

    /**
     * Makes the folder and runs the JVM with its home and its temporary files in there. That takes a shell: a JVM can't
     * name what its own locale lacks, so this one leaves it to one that has a locale of its own.
     */
    private static final String SCRIPT = """
            set -e
            folder="$1/$(printf 'a,,b=c \\047d"\\134%%\\303\\251')" guest=$2 java=$3
            shift 3
            mkdir "$folder" "$folder/h" "$folder/t"
            cp -r "$guest" "$folder/h/guest"
            export THAW_HOME="$folder/h" LC_ALL=C.UTF-8
            exec "$java" "-Djava.io.tmpdir=$folder/t" "$@"
            """;

    @TempDir
    private Path folder;

    @Test
    void home_and_temporary_files_may_be_in_a_folder_of_any_name() throws IOException, InterruptedException {
        // GIVEN
        Path output = folder.resolve("output");
        Path guest = ThawConfig.load().home().resolve("guest");
        // WHEN
        String said = VmProcess.run(
                output, List.of("sh", "-c", SCRIPT, "sh", folder.toString(), guest.toString()), OddPathProcess.class);
        // THEN
        then(said)
                .contains("home " + folder + "/" + ODD_FOLDER + "/h\n")
                .contains("run folder " + folder + "/" + ODD_FOLDER + "/t/thaw-")
                .contains("baked true\n")
                .contains("said hello\n")
                .contains("left []\n");
    }
}
