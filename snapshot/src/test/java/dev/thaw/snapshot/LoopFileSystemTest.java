// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.testing.LoopFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The tests' own file systems do not outlive them. */
@Tag("root")
class LoopFileSystemTest {
    @Test
    void what_a_killed_jvm_has_mounted_is_unmounted_by_the_next() throws Exception {
        Path left;
        try (ForkedJvm jvm = ForkedJvm.start(MountingProcess.class)) {
            left = Path.of(jvm.line());
            jvm.kill();
        }
        then(mounts()).contains(left.toString());

        try (LoopFileSystem mine = LoopFileSystem.ext4()) {
            then(mounts())
                    .doesNotContain(left.toString())
                    .contains(mine.folder().toString());
            then(left.getParent()).doesNotExist();
        }
    }

    private static String mounts() throws Exception {
        return Files.readString(Path.of("/proc/self/mounts"));
    }
}
