// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.Trees.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.HostFiles;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadAheadTest {
    private static final int SIZE = 8 << 20;
    private static final int PIECE = 64 << 10;

    @TempDir
    Path folder;

    private final byte[] contents = new byte[SIZE];
    private final AtomicLong fetchedBytes = new AtomicLong();

    @BeforeEach
    void a_file() throws IOException {
        new Random(1).nextBytes(contents);
        Files.write(folder.resolve("file"), contents);
        Files.write(folder.resolve("other"), contents);
    }

    /** The host's files, of which nothing is ever in memory, and what was read of them. */
    private FolderTree slow(ReadAheadBudget budget) throws IOException {
        HostFiles host = HostFiles.ofThisHost();
        HostFiles slow = (HostFiles) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {HostFiles.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("readNow")) {
                        return -1;
                    }
                    try {
                        Object result = method.invoke(host, arguments);
                        if (method.getName().equals("read")) {
                            fetchedBytes.addAndGet((int) result);
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return FolderTree.open(slow, folder, FolderOptions.of(false, 0, 0), budget, Watcher.NONE);
    }

    private void readAll(FolderTree tree, long handle) throws IOException {
        for (int at = 0; at < SIZE; at += PIECE) {
            assertThat(piece(tree, handle, at)).isTrue();
        }
    }

    private boolean piece(FolderTree tree, long handle, int at) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
        assertThat(tree.read(handle, at, buffer)).isEqualTo(PIECE);
        return buffer.flip().equals(ByteBuffer.wrap(contents, at, PIECE));
    }

    @Test
    void a_sequence_is_fetched_once_in_growing_windows_and_its_memory_given_back() throws IOException {
        // GIVEN
        ReadAheadBudget budget = new ReadAheadBudget(16 << 20, 1 << 20);
        try (FolderTree tree = slow(budget)) {
            long handle = tree.open(node(tree, "file"), READ).handle();
            // WHEN
            readAll(tree, handle);
            // THEN
            FileCounters counters = tree.counters();
            assertThat(fetchedBytes).hasValue(SIZE);
            assertThat(counters.readAheadHits()).isGreaterThan(SIZE / PIECE - 20);
            assertThat(budget.usedBytes()).isEqualTo(1 << 20);
            tree.release(handle);
            assertThat(budget.usedBytes()).isZero();
            assertThat(tree.counters().readAheadBytes()).isZero();
        }
    }

    @Test
    void reads_here_and_there_are_not_amplified() throws IOException {
        try (FolderTree tree = slow(new ReadAheadBudget(16 << 20, 1 << 20))) {
            long handle = tree.open(node(tree, "file"), READ).handle();
            for (int at : new int[] {6 << 20, 3 << 20, 7 << 20, 2 << 20}) {
                assertThat(piece(tree, handle, at)).isTrue();
            }
            assertThat(fetchedBytes).hasValue(4 * PIECE);
        }
    }

    @Test
    void what_the_guest_or_the_host_has_written_is_read_and_not_what_was_there_before() throws IOException {
        try (FolderTree tree = slow(new ReadAheadBudget(16 << 20, 1 << 20))) {
            long handle = tree.open(node(tree, "file"), WRITE).handle();
            assertThat(piece(tree, handle, 0)).isTrue();
            // WHEN the guest writes what was read ahead
            contents[PIECE]++;
            tree.write(handle, PIECE, ByteBuffer.wrap(contents, PIECE, 1));
            // THEN
            assertThat(piece(tree, handle, PIECE)).isTrue();
            // WHEN the host does
            contents[2 * PIECE]++;
            try (FileChannel channel = FileChannel.open(folder.resolve("file"), StandardOpenOption.WRITE)) {
                assertThat(channel.write(ByteBuffer.wrap(contents, 2 * PIECE, 1), 2 * PIECE))
                        .isEqualTo(1);
            }
            // THEN
            assertThat(piece(tree, handle, 2 * PIECE)).isTrue();
        }
    }

    @Test
    void a_budget_for_all_trees_goes_to_those_who_read_now() throws IOException {
        // GIVEN memory for one stream
        ReadAheadBudget budget = new ReadAheadBudget(256 << 10, 1 << 20);
        try (FolderTree tree = slow(budget);
                FolderTree other = slow(budget)) {
            long first = tree.open(node(tree, "file"), READ).handle();
            long second = other.open(node(other, "other"), READ).handle();
            // WHEN
            assertThat(piece(tree, first, 0)).isTrue();
            assertThat(tree.counters().readAheadBytes()).isEqualTo(256 << 10);
            assertThat(piece(other, second, 0)).isTrue();
            // THEN
            assertThat(tree.counters().readAheadBytes()).isZero();
            assertThat(other.counters().readAheadBytes()).isEqualTo(256 << 10);
            assertThat(budget.usedBytes()).isEqualTo(256 << 10);
            readAll(tree, first);
        }
        assertThat(budget.usedBytes()).isZero();
    }

    @RepeatedTest(50)
    void parallel_reads_of_one_sequence_are_right_and_fetched_once() throws Exception {
        ReadAheadBudget budget = new ReadAheadBudget(16 << 20, 4 << 20);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (FolderTree tree = slow(budget)) {
            long handle = tree.open(node(tree, "file"), READ).handle();
            // WHEN the reads of a window come in any order
            List<Future<Boolean>> reads = new ArrayList<>();
            for (int at = 0; at < 1 << 20; at += PIECE) {
                int offset = at;
                reads.add(threads.submit(() -> piece(tree, handle, offset)));
            }
            for (Future<Boolean> read : reads) {
                assertThat(read.get(30, TimeUnit.SECONDS)).isTrue();
            }
            // THEN a handle that is released meanwhile leaves nothing
            Future<Boolean> last = threads.submit(() -> {
                try {
                    return piece(tree, handle, 1 << 20);
                } catch (IOException e) {
                    return true; // released before
                }
            });
            tree.release(handle);
            assertThat(last.get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(budget.usedBytes()).isZero();
        } finally {
            threads.shutdownNow();
        }
    }
}
