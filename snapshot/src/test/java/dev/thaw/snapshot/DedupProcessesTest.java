// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.dedup.DedupProgress;
import dev.thaw.snapshot.dedup.DedupResult;
import dev.thaw.snapshot.dedup.Deduplicator;
import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.RandomPages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class DedupProcessesTest {
    @Test
    void a_killed_run_leaves_the_target_and_a_file_that_the_next_run_clears() throws Exception {
        long seed = RandomPages.seed();
        RandomPages random = new RandomPages(seed);
        try (LoopFileSystem disk = LoopFileSystem.xfs()) {
            byte[] memory = random.memory(10 << 20);
            byte[] sibling = random.sibling(memory, 7);
            random.write(disk.folder().resolve("canonical"), memory);
            Path target = random.write(disk.folder().resolve("target"), sibling);
            try (ForkedJvm jvm =
                    ForkedJvm.start(DedupingProcess.class, disk.folder().toString())) {
                then(jvm.line()).isEqualTo("midway");
                jvm.kill();
            }
            then(disk.folder().toFile().list()).hasSize(3);
            then(Files.readAllBytes(target)).as("-Dthaw.test.seed=%d", seed).isEqualTo(sibling);

            DedupResult result = new Deduplicator(FileBlocks.probe(disk.folder()))
                    .replace(disk.folder().resolve("canonical"), target, DedupProgress.NONE);

            then(result).isInstanceOf(DedupResult.Replaced.class);
            then(disk.folder().toFile().list()).containsOnly("canonical", "target");
            then(Files.readAllBytes(target)).as("-Dthaw.test.seed=%d", seed).isEqualTo(sibling);
        }
    }

    @Test
    void where_native_code_cannot_be_loaded_there_are_no_clones_and_the_reason_is_told() throws Exception {
        List<String> withoutJna = List.of("env", "JAVA_TOOL_OPTIONS=-Djna.tmpdir=/proc");
        try (LoopFileSystem disk = LoopFileSystem.xfs();
                ForkedJvm jvm = ForkedJvm.start(
                        withoutJna, NativeCodeProcess.class, disk.folder().toString())) {
            then(jvm.line())
                    .startsWith("NoClones[description=XFS has no clones here: native code, which holes and blocks of "
                            + "files take, could not be loaded: java.lang.UnsatisfiedLinkError: ")
                    .endsWith(
                            "JNA unpacks it into the folder jna.tmpdir, which must not be mounted noexec; since JDK 24 "
                                    + "--enable-native-access=ALL-UNNAMED allows it] false");
        }
    }

    @Test
    void native_code_is_loaded_only_where_it_is_needed() throws Exception {
        try (LoopFileSystem disk = LoopFileSystem.ext4();
                ForkedJvm jvm =
                        ForkedJvm.start(NativeCodeProcess.class, disk.folder().toString())) {
            then(jvm.line()).isEqualTo("NoClones[description=ext4 has no clones] false");
            then(jvm.line()).isEqualTo("Allocation[allocatedBytes=0, sharedBytes=0] true");
        }
    }
}
