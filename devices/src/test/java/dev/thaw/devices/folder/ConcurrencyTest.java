// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.FileTree.ROOT;
import static dev.thaw.devices.folder.Trees.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

class ConcurrencyTest {
    private static final int ROUNDS = 100;

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private FolderTree tree;

    @BeforeEach
    void open() throws IOException {
        FolderOptions few = new FolderOptions(false, 70, 71, 100, 2, 1 << 20, 100);
        tree = FolderTree.open(folder, few, new ReadAheadBudget(1 << 20, 1 << 20), Watcher.NONE);
    }

    @AfterEach
    void nothing_is_left() throws IOException {
        threads.shutdownNow();
        tree.close();
        assertThat(descriptorsBelow(folder)).isZero();
    }

    private void all(List<Callable<Void>> tasks) throws Exception {
        List<Future<Void>> running = new ArrayList<>();
        for (Callable<Void> task : tasks) {
            running.add(threads.submit(task));
        }
        for (Future<Void> one : running) {
            one.get(60, TimeUnit.SECONDS);
        }
    }

    @RepeatedTest(50)
    void what_is_below_a_folder_is_reached_while_the_guest_renames_it() throws Exception {
        // GIVEN
        Files.createDirectories(folder.resolve("a/deep/er"));
        Files.createDirectories(folder.resolve("b"));
        Files.writeString(folder.resolve("a/deep/er/file"), "hello");
        long a = node(tree, "a");
        long b = node(tree, "b");
        long file = node(tree, "a/deep/er/file");
        Callable<Void> renames = () -> {
            for (int i = 0; i < ROUNDS; i++) {
                tree.rename(a, name("deep"), b, name("moved"), FileTree.RenameMode.REPLACE);
                tree.rename(b, name("moved"), a, name("deep"), FileTree.RenameMode.REPLACE);
            }
            return null;
        };
        Callable<Void> looks = () -> {
            for (int i = 0; i < ROUNDS; i++) {
                try {
                    assertThat(tree.attributes(file, 0).size()).isEqualTo(5);
                    assertThat(contents(tree, file)).isEqualTo("hello");
                } catch (ErrnoException e) {
                    // Only if it was renamed during each of four tries, which a guest's kernel repeats by itself.
                    assertThat(e.errno()).isEqualTo(Errno.ESTALE);
                    assertThat(tree.counters().staleRetries()).isPositive();
                }
            }
            return null;
        };
        // WHEN, THEN
        all(List.of(renames, looks, looks));
        assertThat(contents(tree, file)).isEqualTo("hello");
    }

    @RepeatedTest(50)
    void nodes_that_are_looked_up_and_forgotten_at_once_are_never_mixed_up() throws Exception {
        // GIVEN
        Files.writeString(folder.resolve("file"), "hello");
        Callable<Void> looks = () -> {
            for (int i = 0; i < ROUNDS; i++) {
                Entry entry = tree.lookup(ROOT, name("file"));
                assertThat(tree.attributes(entry.node(), 0).size()).isEqualTo(5);
                tree.forget(entry.node(), 1);
            }
            return null;
        };
        // WHEN
        all(List.of(looks, looks, looks, looks));
        // THEN
        assertThat(tree.counters().nodes()).isEqualTo(1);
    }

    @RepeatedTest(50)
    void a_handle_that_is_released_while_it_is_read_is_read_wholly_or_not_at_all() throws Exception {
        // GIVEN
        Files.write(folder.resolve("file"), new byte[1 << 20]);
        long file = node(tree, "file");
        for (int i = 0; i < 10; i++) {
            long handle = tree.open(file, READ).handle();
            Callable<Void> read = () -> {
                try {
                    assertThat(tree.read(handle, 0, ByteBuffer.allocateDirect(1 << 20)))
                            .isEqualTo(1 << 20);
                } catch (ErrnoException e) {
                    assertThat(e.errno()).isEqualTo(Errno.EBADF);
                }
                return null;
            };
            Callable<Void> release = () -> {
                tree.release(handle);
                return null;
            };
            // WHEN, THEN
            all(List.of(read, release, read));
        }
        assertThat(tree.counters().handles()).isZero();
    }
}
