// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.FileState;
import dev.thaw.snapshot.disk.Sha256;
import dev.thaw.snapshot.testing.LoopFileSystem;
import dev.thaw.snapshot.testing.RandomPages;
import dev.thaw.snapshot.testing.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever fails, the target stays as it is, and nothing else does. */
@Tag("root")
class DedupFaultsTest {
    private static final int MIB = 1 << 20;
    private static final int LENGTH = 32 * MIB;

    private final long seed = RandomPages.seed();
    private final RandomPages random = new RandomPages(seed);
    private LoopFileSystem disk;
    private Deduplicator deduplicator;
    private Path canonical;
    private Path target;

    @BeforeEach
    void two_siblings_on_xfs() throws IOException {
        disk = LoopFileSystem.xfs();
        deduplicator = new Deduplicator(FileBlocks.probe(disk.folder()), 2);
        canonical = disk.folder().resolve("canonical");
        target = disk.folder().resolve("target");
        byte[] memory = random.memory(LENGTH);
        random.write(canonical, memory);
        random.write(target, random.sibling(memory, 3));
    }

    @AfterEach
    void unmount() throws IOException {
        disk.close();
    }

    private interface Failing {
        void run() throws Exception;
    }

    private void unharmed(Failing failing) throws Exception {
        FileState state = FileState.of(target);
        String hash = Sha256.of(target);
        String[] files = disk.folder().toFile().list();

        failing.run();

        then(FileState.of(target)).as("-Dthaw.test.seed=%d", seed).isEqualTo(state);
        then(Sha256.of(target)).isEqualTo(hash);
        then(disk.folder().toFile().list()).containsExactlyInAnyOrder(files);
        then(Thread.getAllStackTraces().keySet()).extracting(Thread::getName).doesNotContain("thaw-dedup");
    }

    /** Calls once, in the middle of the run. */
    private static DedupProgress midway(Failing action) {
        AtomicInteger calls = new AtomicInteger();
        return (done, total) -> {
            if (calls.getAndIncrement() == 0) {
                try {
                    action.run();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        };
    }

    @Test
    void a_folder_that_nothing_can_be_made_in() throws Exception {
        Tools.run("chattr", "+i", disk.folder().toString());
        try {
            unharmed(() -> assertThatThrownBy(() -> deduplicator.replace(canonical, target, DedupProgress.NONE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(".dedup: Operation not permitted"));
        } finally {
            Tools.run("chattr", "-i", disk.folder().toString());
        }
    }

    @Test
    void a_disk_that_becomes_full() throws Exception {
        // GIVEN less free space than the pages that differ need
        DedupResult plan = deduplicator.plan(canonical, target, DedupProgress.NONE);
        then(((DedupResult.Planned) plan).statistics().pagesWritten()).isGreaterThan(500);
        fillUp();

        unharmed(() -> assertThatThrownBy(() -> deduplicator.replace(canonical, target, DedupProgress.NONE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left on device"));
    }

    private void fillUp() throws IOException {
        long size = MIB;
        Path filler = Files.createFile(disk.folder().resolve("filler"));
        for (long at = 0; size >= RandomPages.PAGE; ) {
            try {
                Tools.run("fallocate", "-o", "" + at, "-l", "" + size, filler.toString());
                at += size;
            } catch (AssertionError full) {
                then(full).hasMessageContaining("No space left");
                size /= 2;
            }
        }
    }

    @Test
    void a_canonical_file_that_is_cut_meanwhile() throws Exception {
        DedupProgress cut = midway(() -> Tools.run("truncate", "-s", "" + (LENGTH / 2), canonical.toString()));

        unharmed(() -> assertThatThrownBy(() -> deduplicator.replace(canonical, target, cut))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(canonical.toString())
                .hasMessageContaining("while it was compared"));
    }

    @Test
    void a_canonical_file_that_is_written_to_meanwhile() throws Exception {
        DedupProgress write = midway(() -> overwrite(canonical));

        unharmed(() -> assertThatThrownBy(() -> deduplicator.replace(canonical, target, write))
                .hasMessageStartingWith(canonical + ": changed while it was compared: it was FileState["));
    }

    @Test
    void a_target_that_is_written_to_meanwhile_keeps_what_was_written() throws Exception {
        assertThatThrownBy(() -> deduplicator.replace(canonical, target, midway(() -> overwrite(target))))
                .hasMessageStartingWith(target + ": changed while it was compared");

        then(Files.readAllBytes(target)).startsWith("changed".getBytes(StandardCharsets.UTF_8));
        then(disk.folder().toFile().list()).containsOnly("canonical", "target");
    }

    private static void overwrite(Path file) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.writeBytes("changed");
        }
    }

    @Test
    void an_interrupt() throws Exception {
        DedupProgress interrupt = midway(() -> Thread.currentThread().interrupt());

        unharmed(() -> {
            assertThatThrownBy(() -> deduplicator.replace(canonical, target, interrupt))
                    .isInstanceOf(InterruptedException.class);
            then(Thread.interrupted()).isFalse();
        });
    }

    @Test
    void an_interrupt_before_the_first_page() throws Exception {
        unharmed(() -> {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> deduplicator.plan(canonical, target, DedupProgress.NONE))
                    .isInstanceOf(InterruptedException.class);
            then(Thread.interrupted()).isFalse();
        });
    }

    @Test
    void a_caller_who_has_had_enough() throws Exception {
        IllegalStateException enough = new IllegalStateException("enough");
        unharmed(() -> assertThatThrownBy(() -> deduplicator.replace(canonical, target, (done, total) -> {
                    throw enough;
                }))
                .isSameAs(enough));
    }

    @Test
    void another_run_that_took_this_one_for_dead_and_cleared_its_file() throws Exception {
        DedupProgress clear = midway(() -> {
            try (Stream<Path> files = Files.list(disk.folder())) {
                Files.delete(files.filter(Deduplicator::isTemporary).findAny().orElseThrow());
            }
        });

        unharmed(() -> assertThatThrownBy(() -> deduplicator.replace(canonical, target, clear))
                .isInstanceOf(NoSuchFileException.class));
    }
}
