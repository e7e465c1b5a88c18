// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.FileTree.ROOT;
import static dev.thaw.devices.folder.Trees.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListingTest {
    @TempDir
    Path folder;

    /** Lists as a frontend does: some entries with each call. */
    private static List<String> inSteps(FolderTree tree, long handle, int step) throws IOException {
        List<String> names = new ArrayList<>();
        long[] at = {0};
        int[] room = {step};
        int before;
        do {
            before = names.size();
            room[0] = step;
            tree.list(handle, at[0], false, (name, inode, kind, position, looker) -> {
                if (room[0]-- == 0) {
                    return false;
                }
                names.add(new String(name, UTF_8));
                at[0] = position;
                return true;
            });
        } while (names.size() > before);
        return names;
    }

    @Test
    void a_hundred_thousand_entries_are_listed_once_each_in_small_steps() throws IOException {
        // GIVEN
        Path many = Files.createDirectory(folder.resolve("many"));
        Set<String> expected = new HashSet<>(Set.of(".", ".."));
        for (int i = 0; i < 100_000; i++) {
            Files.createFile(many.resolve("entry-" + i));
            expected.add("entry-" + i);
        }
        try (FolderTree tree = Trees.of(folder)) {
            long handle = tree.openFolder(node(tree, "many")).handle();
            // WHEN
            List<String> names = inSteps(tree, handle, 100);
            // THEN
            assertThat(names).hasSize(100_002);
            assertThat(new HashSet<>(names)).isEqualTo(expected);
            assertThat(tree.counters().refreshes()).isEqualTo(1);
        }
    }

    @Test
    void behind_the_last_entry_is_the_end() throws IOException {
        // GIVEN
        Files.createFile(folder.resolve("a"));
        Files.createDirectory(folder.resolve("empty"));
        try (FolderTree tree = Trees.of(folder)) {
            for (long node : new long[] {ROOT, node(tree, "empty")}) {
                long handle = tree.openFolder(node).handle();
                // WHEN
                List<Long> positions = new ArrayList<>();
                tree.list(handle, 0, false, (name, inode, kind, position, looker) -> positions.add(position));
                // THEN
                assertThat(positions).doesNotHaveDuplicates().endsWith(FileTree.END);
                tree.list(handle, FileTree.END, false, (name, inode, kind, position, looker) -> {
                    throw new AssertionError("an entry behind the end");
                });
            }
        }
    }

    @Test
    void a_listing_is_of_the_time_when_its_beginning_was_asked_for() throws IOException {
        // GIVEN
        Files.createFile(folder.resolve("a"));
        try (FolderTree tree = Trees.of(folder)) {
            long handle = tree.openFolder(ROOT).handle();
            // WHEN a file is made between the first step and the others
            List<String> names = new ArrayList<>();
            tree.list(handle, 0, false, (name, inode, kind, position, looker) -> names.isEmpty() && names.add("."));
            tree.makeFolder(ROOT, name("b"), 0700, SERVICE);
            tree.list(handle, 1, false, (name, inode, kind, position, looker) -> names.add(new String(name, UTF_8)));
            // THEN
            assertThat(names).containsExactly(".", "..", "a");
            assertThat(inSteps(tree, handle, 1)).containsExactlyInAnyOrder(".", "..", "a", "b");
        }
    }

    @Test
    void entries_come_with_attributes_and_a_lookup_and_not_if_they_have_gone() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "hello");
        Files.writeString(folder.resolve("gone"), "hello");
        try (FolderTree tree = Trees.of(folder)) {
            long handle = tree.openFolder(ROOT).handle();
            // WHEN
            List<Entry> entries = new ArrayList<>();
            tree.list(handle, 0, true, (name, inode, kind, position, looker) -> {
                Files.deleteIfExists(folder.resolve("gone"));
                if (looker == null) {
                    assertThat(kind).isEqualTo(FileKind.FOLDER);
                    return true;
                }
                Entry entry = looker.look();
                if (entry != null) {
                    assertThat(entry.attributes().inode()).isEqualTo(inode);
                    entries.add(entry);
                }
                return true;
            });
            // THEN
            assertThat(entries).hasSize(1);
            assertThat(entries.get(0).attributes().size()).isEqualTo(5);
            assertThat(contents(tree, entries.get(0).node())).isEqualTo("hello");
            tree.forget(entries.get(0).node(), 1);
            assertThat(tree.counters().nodes()).isEqualTo(1);
        }
    }

    @Test
    void what_listings_take_is_limited_and_given_back() throws IOException {
        FolderOptions little = new FolderOptions(false, 0, 0, 10, 1, 2000, 0);
        try (FolderTree tree = FolderTree.open(folder, little, new ReadAheadBudget(0, 0), Watcher.NONE)) {
            long one = tree.openFolder(ROOT).handle();
            long two = tree.openFolder(ROOT).handle();
            inSteps(tree, one, 10);
            assertThat(errno(() -> inSteps(tree, two, 10))).isEqualTo(Errno.ENOMEM);
            tree.release(one);
            assertThat(inSteps(tree, two, 10)).hasSize(2);
        }
    }

    @RepeatedTest(50)
    void many_who_begin_at_once_share_reads_and_each_sees_what_he_has_made_before() throws Exception {
        // GIVEN
        int count = 8;
        ExecutorService threads = Executors.newFixedThreadPool(count);
        CyclicBarrier barrier = new CyclicBarrier(count);
        try (FolderTree tree = Trees.of(folder)) {
            List<Future<List<String>>> lists = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                long handle = tree.openFolder(ROOT).handle();
                lists.add(threads.submit(() -> {
                    barrier.await(10, TimeUnit.SECONDS);
                    tree.makeFolder(ROOT, name("made-" + number), 0700, SERVICE);
                    // WHEN
                    return inSteps(tree, handle, 1000);
                }));
            }
            // THEN
            for (int i = 0; i < count; i++) {
                assertThat(lists.get(i).get(30, TimeUnit.SECONDS)).contains("made-" + i);
            }
            assertThat(tree.counters().refreshes()).isBetween(1L, (long) count);
        } finally {
            threads.shutdownNow();
        }
        assertThat(descriptorsBelow(folder)).isZero();
    }
}
