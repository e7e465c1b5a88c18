// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.FileTree.ROOT;
import static dev.thaw.devices.folder.Trees.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfinementTest {
    private static final String SECRET = "not for guests";

    @TempDir
    Path temp;

    private Path shared;
    private Path outside;

    @BeforeEach
    void two_folders() throws IOException {
        shared = Files.createDirectory(temp.resolve("shared"));
        outside = Files.createDirectory(temp.resolve("outside"));
        Files.writeString(outside.resolve("file"), SECRET);
    }

    @Test
    void there_are_no_names_that_lead_elsewhere() {
        for (String name : List.of("..", ".", "a/b", "/", "/etc", "a\0b", "\0", "../outside")) {
            assertThat(errno(() -> name(name))).as(name).isEqualTo(Errno.EINVAL);
        }
        assertThat(errno(() -> name(""))).isEqualTo(Errno.ENOENT);
        assertThat(errno(() -> name("x".repeat(256)))).isEqualTo(Errno.ENAMETOOLONG);
    }

    @Test
    void symlinks_are_shown_and_never_followed() throws IOException {
        // GIVEN
        Files.createSymbolicLink(shared.resolve("absolute"), outside.resolve("file"));
        Files.createSymbolicLink(shared.resolve("relative"), Path.of("../outside/file"));
        Files.createSymbolicLink(shared.resolve("folder"), outside);
        Files.createSymbolicLink(shared.resolve("magic"), Path.of("/proc/self/fd"));
        try (FolderTree tree = Trees.of(shared)) {
            for (String name : List.of("absolute", "relative", "folder", "magic")) {
                // WHEN
                Entry link = tree.lookup(ROOT, name(name));
                // THEN
                assertThat(link.attributes().kind()).isEqualTo(FileKind.SYMLINK);
                assertThat(errno(() -> tree.open(link.node(), READ))).isEqualTo(Errno.ELOOP);
                assertThat(errno(() -> tree.lookup(link.node(), name("file")))).isEqualTo(Errno.ENOTDIR);
                assertThat(errno(() -> tree.makeFolder(link.node(), name("x"), 0700, SERVICE)))
                        .isEqualTo(Errno.ENOTDIR);
                assertThat(errno(() -> tree.openFolder(link.node()))).isEqualTo(Errno.ENOTDIR);
                assertThat(errno(() -> tree.change(link.node(), 0, size(0)))).isEqualTo(Errno.EINVAL);
                assertThat(errno(() -> tree.extendedAttribute(link.node(), name("user.x"))))
                        .isEqualTo(Errno.EOPNOTSUPP);
                assertThat(errno(() -> tree.create(ROOT, name(name), 0600, false, TRUNCATE, SERVICE)))
                        .isNotNull();
                // a hard link of it is one more symlink
                tree.link(link.node(), ROOT, name(name + "-too"));
                assertThat(Files.isSymbolicLink(shared.resolve(name + "-too"))).isTrue();
                tree.change(link.node(), 0, modified(1, 1));
            }
        }
        assertThat(outside.resolve("file")).hasContent(SECRET);
        assertThat(Files.getLastModifiedTime(outside.resolve("file")).toMillis())
                .isGreaterThan(5000);
    }

    @Test
    void a_folder_that_has_become_a_symlink_is_not_entered() throws IOException {
        // GIVEN a folder whose descriptor is not held: only two are
        Files.createDirectories(shared.resolve("a/b"));
        Files.writeString(shared.resolve("a/b/file"), "inside");
        FolderOptions one = new FolderOptions(false, 70, 71, 10, 1, 1 << 20, 0);
        try (FolderTree tree = FolderTree.open(shared, one, new ReadAheadBudget(0, 0), Watcher.NONE)) {
            long b = node(tree, "a/b");
            long file = node(tree, "a/b/file");
            Files.createDirectory(shared.resolve("other"));
            // WHEN
            Files.move(shared.resolve("a"), temp.resolve("moved-out"));
            Files.createDirectory(outside.resolve("b"));
            Files.writeString(outside.resolve("b/file"), SECRET);
            Files.createSymbolicLink(shared.resolve("a"), outside);
            assertThat(errno(() -> tree.lookup(node(tree, "other"), name("x")))).isEqualTo(Errno.ENOENT);
            // THEN
            assertThat(errno(() -> tree.lookup(b, name("file")))).isEqualTo(Errno.ESTALE);
            assertThat(errno(() -> tree.open(file, READ))).isEqualTo(Errno.ESTALE);
            assertThat(errno(() -> tree.attributes(file, 0))).isEqualTo(Errno.ESTALE);
            assertThat(errno(() -> tree.makeFolder(b, name("x"), 0700, SERVICE)))
                    .isEqualTo(Errno.ESTALE);
            assertThat(tree.lookup(ROOT, name("a")).attributes().kind()).isEqualTo(FileKind.SYMLINK);
        }
    }

    @Test
    void a_fifo_in_a_files_place_blocks_nobody() throws Exception {
        Files.writeString(shared.resolve("file"), "inside");
        try (FolderTree tree = Trees.of(shared)) {
            long file = node(tree, "file");
            Files.delete(shared.resolve("file"));
            assertThat(new ProcessBuilder("mkfifo", shared.resolve("file").toString())
                            .start()
                            .waitFor(10, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(errno(() -> tree.open(file, READ))).isEqualTo(Errno.ESTALE);
            assertThat(errno(() -> tree.create(ROOT, name("file"), 0600, false, READ, SERVICE)))
                    .isEqualTo(Errno.ESTALE);
            assertThat(errno(() -> tree.create(ROOT, name("file"), 0600, false, WRITE, SERVICE)))
                    .isEqualTo(Errno.ESTALE);
        }
    }

    @Test
    void random_numbers_lead_nowhere() throws IOException {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        System.out.println("random_numbers_lead_nowhere: -Dthaw.test.seed=" + seed);
        Random random = new Random(seed);
        try (FolderTree tree = Trees.of(shared);
                FolderTree other = Trees.of(outside)) {
            long foreign = other.open(node(other, "file"), READ).handle();
            assertThat(errno(() -> read(tree, foreign))).isEqualTo(Errno.EBADF);
            for (int i = 0; i < 1000; i++) {
                long number = random.nextBoolean() ? random.nextLong() : random.nextInt(100) + 2;
                assertThat(errno(() -> tree.attributes(number, 0))).isEqualTo(Errno.ESTALE);
                assertThat(errno(() -> tree.lookup(number, name("file")))).isEqualTo(Errno.ESTALE);
                assertThat(errno(() -> tree.link(number, ROOT, name("x")))).isEqualTo(Errno.ESTALE);
                assertThat(errno(() -> tree.release(number))).isEqualTo(Errno.EBADF);
                tree.forget(number, random.nextLong());
            }
        }
    }

    /** The host swaps a folder against a symlink to the outside, over and over, while all is done that a guest can do. */
    @Test
    void folders_swapped_against_symlinks_while_they_are_used_never_lead_outside() throws Exception {
        // GIVEN
        Files.createDirectories(shared.resolve("swap/sub"));
        Files.writeString(shared.resolve("swap/file"), "inside");
        Files.writeString(shared.resolve("swap/sub/file"), "inside");
        Files.createSymbolicLink(shared.resolve("evil"), outside);
        Files.createDirectory(outside.resolve("sub"));
        Files.writeString(outside.resolve("sub/file"), SECRET);
        AtomicBoolean end = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        FolderOptions few = new FolderOptions(false, 0, 0, 1000, 1, 1 << 20, 1000);
        try (FolderTree tree = FolderTree.open(shared, few, new ReadAheadBudget(0, 0), Watcher.NONE)) {
            List<Future<?>> running = new ArrayList<>();
            running.add(threads.submit(() -> swap(end)));
            for (int i = 0; i < 3; i++) {
                int number = i;
                running.add(threads.submit(() -> hammer(tree, number, end)));
            }
            // WHEN
            threads.shutdown();
            threads.awaitTermination(2, TimeUnit.SECONDS);
            end.set(true);
            for (Future<?> one : running) {
                one.get(30, TimeUnit.SECONDS);
            }
        } finally {
            end.set(true);
            threads.shutdownNow();
        }
        // THEN nothing has come out, and nothing has got there
        try (var left = Files.walk(outside)) {
            assertThat(left.map(path -> outside.relativize(path).toString()))
                    .containsExactlyInAnyOrder("", "file", "sub", "sub/file");
        }
        assertThat(outside.resolve("file")).hasContent(SECRET);
        assertThat(outside.resolve("sub/file")).hasContent(SECRET);
        assertThat(descriptorsBelow(temp)).isZero();
    }

    private Void swap(AtomicBoolean end) throws IOException {
        Path swap = shared.resolve("swap");
        Path evil = shared.resolve("evil");
        Path aside = shared.resolve("aside");
        while (!end.get()) {
            Files.move(swap, aside);
            Files.move(evil, swap, StandardCopyOption.ATOMIC_MOVE);
            Files.move(swap, evil, StandardCopyOption.ATOMIC_MOVE);
            Files.move(aside, swap);
        }
        return null;
    }

    private Void hammer(FolderTree tree, int number, AtomicBoolean end) throws IOException {
        long done = 0;
        for (long i = 0; !end.get(); i++) {
            try {
                long swap = tree.lookup(ROOT, name("swap")).node();
                done += attempt(tree, swap, name("made-" + number + "-" + i % 10), (int) (i % 5)) ? 1 : 0;
                // somewhere else, so that the folder has to be opened again
                tree.lookup(tree.lookup(ROOT, name("evil")).node(), name("x"));
            } catch (ErrnoException e) {
                assertThat(e.errno())
                        .isIn(Errno.ENOENT, Errno.ESTALE, Errno.ENOTDIR, Errno.EEXIST, Errno.ELOOP, Errno.ENOTEMPTY);
            }
        }
        assertThat(done).isPositive();
        return null;
    }

    private static boolean attempt(FolderTree tree, long swap, Name made, int what) throws IOException {
        long sub = tree.lookup(swap, name("sub")).node();
        switch (what) {
            case 0 ->
                assertThat(contents(tree, tree.lookup(sub, name("file")).node()))
                        .isEqualTo("inside");
            case 1 -> {
                tree.makeFolder(sub, made, 0700, SERVICE);
                tree.removeFolder(sub, made);
            }
            case 2 -> {
                long handle = tree.create(sub, made, 0600, false, WRITE, SERVICE)
                        .opened()
                        .handle();
                try {
                    write(tree, handle, 0, "by the guest");
                } finally {
                    tree.release(handle);
                }
                tree.unlink(sub, made);
            }
            case 3 -> {
                tree.makeSymlink(sub, made, new byte[] {'x'}, SERVICE);
                tree.rename(sub, made, swap, made, FileTree.RenameMode.REPLACE);
                tree.unlink(swap, made);
            }
            default -> {
                for (String name : list(tree, sub)) {
                    assertThat(name).isNotEqualTo("secret");
                }
                tree.change(tree.lookup(sub, name("file")).node(), 0, modified(5, 5));
            }
        }
        return true;
    }
}
