// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.FileTree.RenameMode;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.Opened;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a guest is told of a folder that it shares. */
@EnabledOnOs(OS.LINUX)
class TreeWatcherTest extends WatchedTree {
    @Test
    void data_that_the_host_writes_are_told_of_the_file_alone() throws IOException {
        // WHEN
        Files.writeString(folder.resolve("file"), "from the host", StandardOpenOption.APPEND);
        // THEN
        then(told()).containsOnly("data " + node("file"));
    }

    @Test
    void attributes_that_the_host_changes_are_told_without_the_data() throws IOException {
        // WHEN
        Files.setPosixFilePermissions(folder.resolve("file"), PosixFilePermissions.fromString("rw-------"));
        // THEN
        then(told()).containsExactly("attributes " + node("file"));
    }

    @Test
    void a_file_that_the_guest_does_not_know_is_told_of_by_its_name() throws IOException {
        // WHEN
        Files.createFile(folder.resolve("new"));
        // THEN a name that the guest remembers to be missing is one no more, and neither is the listing true
        then(told()).containsExactly("entry 1 'new'", "data 1");
    }

    @Test
    void what_happens_where_the_guest_has_not_looked_is_not_told() throws IOException {
        // WHEN
        Files.createFile(folder.resolve("sub/new"));
        // THEN
        then(told()).isEmpty();
    }

    @Test
    void a_file_that_the_host_removes_is_told_as_gone() throws IOException {
        // GIVEN
        long file = node("file");
        // WHEN
        Files.delete(folder.resolve("file"));
        // THEN
        then(told()).contains("deleted 1 'file' " + file, "data 1");
    }

    @Test
    void an_editor_that_saves_by_renaming_over_is_told_as_another_file_under_the_name() throws IOException {
        // GIVEN
        long before = node("file");
        // WHEN
        Files.writeString(folder.resolve("file.tmp"), "saved");
        Files.move(folder.resolve("file.tmp"), folder.resolve("file"), StandardCopyOption.ATOMIC_MOVE);
        // THEN
        then(told()).contains("entry 1 'file'", "attributes " + before).doesNotContain("data " + before);
        long after = node("file");
        then(after).isNotEqualTo(before);
        // AND what is written to the new one is told
        Files.writeString(folder.resolve("file"), "again");
        then(told()).containsOnly("data " + after);
    }

    @Test
    void a_tree_that_is_moved_out_and_in_again_is_told_by_its_name(@TempDir Path elsewhere) throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("sub/inner"), "text");
        long sub = node("sub");
        long inner = tree.lookup(sub, name("inner")).node();
        // WHEN
        Files.move(folder.resolve("sub"), elsewhere.resolve("sub"));
        // THEN
        then(told()).contains("entry 1 'sub'", "attributes " + sub, "data 1");
        // WHEN
        Files.move(elsewhere.resolve("sub"), folder.resolve("back"));
        // THEN
        then(told()).contains("entry 1 'back'", "data 1");
        then(node("back")).isEqualTo(sub);
        Files.writeString(folder.resolve("back/inner"), "changed");
        then(told()).containsOnly("data " + inner);
    }

    @Test
    void what_the_host_writes_between_the_guests_own_writes_is_told() throws IOException {
        // GIVEN
        long file = node("file");
        long handle = tree.open(file, WRITE).handle();
        for (int round = 0; round < 200; round++) {
            // WHEN
            tree.write(handle, 0, ByteBuffer.wrap(new byte[] {1}));
            Files.writeString(folder.resolve("file"), "host", StandardOpenOption.WRITE);
            tree.write(handle, 0, ByteBuffer.wrap(new byte[] {2}));
            // THEN
            then(told()).as("round %s", round).isNotEmpty().containsOnly("data " + file);
        }
        tree.release(handle);
        then(told()).isEmpty();
    }

    @Test
    void what_the_host_writes_right_before_the_guest_renames_is_told_of_that_file() throws IOException {
        // GIVEN
        long file = node("file");
        long other = node("other");
        for (int round = 0; round < 100; round++) {
            // WHEN
            Files.writeString(folder.resolve("file"), "host", StandardOpenOption.WRITE);
            rename(tree, "file", "other", RenameMode.EXCHANGE);
            // THEN
            then(told()).as("round %s", round).containsOnly("data " + file);
            rename(tree, "file", "other", RenameMode.EXCHANGE);
        }
        then(node("file")).isEqualTo(file);
        then(node("other")).isEqualTo(other);
    }

    @Test
    void what_the_host_writes_right_before_it_replaces_the_file_is_told_even_if_the_guest_looks_first()
            throws IOException {
        for (int round = 0; round < 100; round++) {
            // GIVEN
            Files.writeString(folder.resolve("next"), "next");
            long before = node("file");
            told();
            // WHEN
            Files.writeString(folder.resolve("file"), "host", StandardOpenOption.WRITE);
            Files.move(folder.resolve("next"), folder.resolve("file"), StandardCopyOption.ATOMIC_MOVE);
            node("file");
            // THEN
            then(told()).as("round %s", round).contains("data " + before);
        }
    }

    private boolean keepsListing() throws IOException {
        Opened opened = tree.openFolder(FileTree.ROOT);
        tree.release(opened.handle());
        return opened.keepCache();
    }

    @Test
    void a_listing_is_kept_until_a_name_changes_on_either_side() throws IOException {
        // GIVEN
        then(keepsListing()).as("opened for the first time").isFalse();
        then(keepsListing()).isTrue();
        // WHEN
        Files.createFile(folder.resolve("new"));
        told();
        // THEN
        then(keepsListing()).as("a file of the host").isFalse();
        then(keepsListing()).isTrue();
        // WHEN
        Files.writeString(folder.resolve("new"), "text");
        told();
        // THEN
        then(keepsListing()).as("data of a file").isTrue();
        // WHEN
        tree.unlink(FileTree.ROOT, name("new"));
        // THEN
        then(keepsListing()).as("removed by the guest").isFalse();
        // WHEN
        rename(tree, "file", "renamed", RenameMode.REPLACE);
        // THEN
        then(keepsListing()).as("renamed by the guest").isFalse();
        // WHEN
        watcher.overflowed();
        // THEN
        then(keepsListing()).as("events were lost").isFalse();
    }

    @Test
    void a_file_that_the_host_gives_a_second_name_is_not_cached_on() throws IOException {
        // GIVEN
        long file = node("file");
        then(tree.known().isTold(file)).isTrue();
        // WHEN
        Files.createLink(folder.resolve("second"), folder.resolve("file"));
        // THEN it may be written through a name that nobody watches
        then(told()).contains("attributes " + file, "entry 1 'second'");
        then(tree.known().isTold(file)).isFalse();
    }

    @Test
    void a_name_that_is_missing_is_forgotten_only_with_a_word_to_the_guest() throws IOException {
        // WHEN it asks for more of them than are kept in mind
        int asked = 5000;
        for (int i = 0; i < asked; i++) {
            int number = i;
            then(errnoOf(() -> tree.lookup(FileTree.ROOT, name("missing" + number))))
                    .contains("ENOENT");
        }
        // THEN
        List<String> forgotten = told();
        then(forgotten).hasSize(asked - 4096).allMatch(line -> line.startsWith("entry 1 'missing"));
    }

    @Test
    void lost_events_make_the_guest_forget_all_that_it_knows() throws IOException {
        // GIVEN
        long sub = node("sub");
        tree.lookup(sub, makeInner());
        told();
        // WHEN
        watcher.overflowed();
        // THEN
        Map<String, Long> known =
                Map.of("file", node("file"), "other", node("other"), "sub", sub, "empty", node("empty"));
        List<String> told = told();
        known.forEach((name, node) -> then(told).contains("entry 1 '" + name + "'", "data " + node));
        then(told).contains("data 1", "entry " + sub + " 'inner'");
        then(tree.counters().overflows()).isOne();
    }

    private Name makeInner() throws IOException {
        Files.createFile(folder.resolve("sub/inner"));
        return name("inner");
    }
}
