// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.dedup.DedupProgress;
import dev.thaw.snapshot.dedup.DedupResult;
import dev.thaw.snapshot.dedup.Deduplicator;
import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class WithoutClonesTest {
    @Test
    void ext4_has_none_and_still_tells_what_is_allocated() throws IOException {
        try (LoopFileSystem disk = LoopFileSystem.ext4()) {
            FileBlocks blocks = FileBlocks.probe(disk.folder());

            then(blocks.clones()).isEqualTo(new CloneSupport(false, "ext4 has no clones"));
            Path file = Files.write(disk.folder().resolve("file"), new byte[1 << 20]);
            then(blocks.allocation(file)).isEqualTo(new Allocation(1 << 20, 0));
            assertThatThrownBy(() -> blocks.cloneFile(file, disk.folder().resolve("clone")))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> then(e.errno()).isEqualTo("EOPNOTSUPP"));
            then(disk.folder().resolve("clone")).doesNotExist();
        }
    }

    @Test
    void dedup_says_so_and_does_nothing() throws Exception {
        try (LoopFileSystem disk = LoopFileSystem.ext4()) {
            Deduplicator deduplicator = new Deduplicator(FileBlocks.probe(disk.folder()));
            Path canonical = Files.write(disk.folder().resolve("canonical"), new byte[4096]);
            Path target = Files.write(disk.folder().resolve("target"), new byte[4096]);
            String before = Tools.run("stat", target.toString());

            then(deduplicator.replace(canonical, target, DedupProgress.NONE))
                    .isEqualTo(new DedupResult.NoClones("ext4 has no clones"));
            then(deduplicator.plan(canonical, target, DedupProgress.NONE))
                    .isEqualTo(new DedupResult.NoClones("ext4 has no clones"));
            then(Tools.run("stat", target.toString())).isEqualTo(before);
        }
    }

    @Test
    void an_xfs_that_was_made_without_them_is_found_out() throws IOException {
        try (LoopFileSystem disk = LoopFileSystem.xfsWithoutClones()) {
            then(FileBlocks.probe(disk.folder()).clones())
                    .isEqualTo(new CloneSupport(
                            false, "XFS has no clones here: FICLONE: EOPNOTSUPP (95), the file system can't do this"));
            then(disk.folder()).isEmptyDirectory();
        }
    }

    @Test
    void tmpfs_does_not_tell_what_is_shared_so_data_counts(@TempDir Path folder) throws IOException {
        Tools.run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.toString());
        try {
            FileBlocks blocks = FileBlocks.probe(folder);
            Path file = folder.resolve("file");
            Tools.run("truncate", "-s", "1M", file.toString());
            Tools.run("dd", "if=/dev/urandom", "of=" + file, "bs=4096", "count=2", "seek=5", "conv=notrunc");

            then(blocks.clones().description()).isEqualTo("tmpfs has no clones");
            then(blocks.allocation(file)).isEqualTo(new Allocation(8192, 0));
            then(blocks.dataRanges(file)).containsExactly(new ByteRange(5 * 4096, 8192));
        } finally {
            Tools.run("umount", folder.toString());
        }
    }
}
