// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import static org.assertj.core.api.BDDAssertions.then;

import com.fasterxml.jackson.databind.JsonNode;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On file systems with and without clones. */
@Tag("root")
class DedupCommandTest {
    @TempDir
    Path folder;

    /** A file system in a file, mounted until it is closed. */
    private final class Disk implements AutoCloseable {
        private final Path mount = folder.resolve("mount");

        Disk(String kind) throws IOException {
            Path image = folder.resolve("image");
            Files.createDirectory(mount);
            sh("truncate -s 320M " + image + " && mkfs." + kind + " -q " + image + " && mount -o loop " + image + " "
                    + mount + " && chmod 700 " + mount);
        }

        @Override
        public void close() throws IOException {
            sh("umount --lazy " + mount);
        }
    }

    private static void sh(String script) throws IOException {
        Run run = Run.command(Map.of("PATH", System.getenv("PATH") + ":/usr/sbin:/sbin"), List.of("sh", "-c", script));
        then(run.code()).as(run.err()).isZero();
    }

    private static SnapshotStore open(Path home) {
        return SnapshotStore.open(home.resolve("snapshots"), new StoreOptions(false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"xfs", "btrfs"})
    void siblings_share_what_they_have_in_common(String kind) throws IOException {
        try (Disk disk = new Disk(kind);
                SnapshotStore store = open(disk.mount)) {
            // GIVEN two that differ in 16 of 1024 pages
            Snapshot first = Bakes.bake(store, "redis", "first");
            Snapshot second = Bakes.bake(store, "redis", "second");
            byte[] before = Files.readAllBytes(first.memory());
            long allocated = allocatedBytes(disk);

            // WHEN it is tried, and then done
            Run dry = Run.thaw(disk.mount, "dedup", "--dry-run");
            then(dry.code()).as(dry.err()).isZero();
            then(dry.out())
                    .contains("would share with " + second.id().abbreviated() + " (redis), ")
                    .containsPattern("\\(16 of [0-9]+ pages written\\)")
                    .endsWith("would save 3.9 MiB in 2 snapshots\n");
            then(allocatedBytes(disk)).isEqualTo(allocated);
            JsonNode done = Run.thaw(disk.mount, "dedup", "--json").json();

            // THEN
            then(done.at("/snapshots/0/outcome").textValue()).isEqualTo("shared");
            then(done.at("/snapshots/1/outcome").textValue()).isEqualTo("nothing-to-gain");
            then(done.path("savedBytes").longValue()).isBetween((4L << 20) - (1 << 18), 4L << 20);
            then(allocatedBytes(disk)).isBetween(4L << 20, (4L << 20) + (1 << 18));
            then(Files.readAllBytes(first.memory())).isEqualTo(before);
            then(Run.thaw(disk.mount, "cache", "verify").code()).isZero();
            then(Run.thaw(disk.mount, "cache", "dedup", first.id().abbreviated())
                            .out())
                    .contains("nothing to gain from " + second.id().abbreviated());
            JsonNode usage = Run.thaw(disk.mount, "cache", "du", first.id().sha256(), "--json")
                    .json();
            then(usage.at("/snapshots/0/sharedBytes").longValue()).isGreaterThan(3L << 20);
        }
    }

    private static long allocatedBytes(Disk disk) throws IOException {
        return Run.thaw(disk.mount, "cache", "du", "--json")
                .json()
                .path("allocatedBytes")
                .longValue();
    }

    @Test
    void without_clones_it_says_so_and_that_is_no_failure() throws IOException {
        try (Disk disk = new Disk("ext4");
                SnapshotStore store = open(disk.mount)) {
            Bakes.bake(store, "redis", "first");
            Bakes.bake(store, "redis", "second");

            Run run = Run.thaw(disk.mount, "dedup");

            then(run.code()).as(run.err()).isZero();
            then(run.out())
                    .isEqualTo("The store " + store.folder() + " can't share blocks: ext4 has no clones."
                            + " Its files are sparse, and nothing more can be saved here.\n");
            then(Run.thaw(disk.mount, "dedup", "--json")
                            .json()
                            .at("/snapshots/0/outcome")
                            .textValue())
                    .isEqualTo("no-clones");
        }
    }
}
