// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.FileTree.ROOT;
import static dev.thaw.devices.folder.Trees.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.Descriptor;
import dev.thaw.devices.host.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a tree asks of whoever watches, and takes from it. */
class FolderTreeWatchTest extends FreshTree {
    @Test
    void what_a_watcher_saw_moved_out_is_not_reached_any_more() throws IOException {
        // GIVEN a folder that is held open
        Files.createDirectories(folder.resolve("a/b"));
        long b = node(tree, "a/b");
        assertThat(errno(() -> tree.lookup(b, name("x")))).isEqualTo(Errno.ENOENT);
        assertThat(tree.known().at(ROOT, name("a"))).isEqualTo(node(tree, "a"));
        // WHEN
        Files.move(folder.resolve("a/b"), folder.resolve("elsewhere"));
        tree.known().moved(node(tree, "a"), name("b"));
        // THEN
        assertThat(errno(() -> tree.lookup(b, name("x")))).isEqualTo(Errno.ESTALE);
        assertThat(node(tree, "elsewhere")).isEqualTo(b);
        assertThat(errno(() -> tree.lookup(b, name("x")))).isEqualTo(Errno.ENOENT);
    }

    @Test
    void a_watcher_is_asked_once_before_a_folder_is_looked_into_and_a_file_opened() throws IOException {
        // GIVEN
        List<String> asked = new ArrayList<>();
        Watcher watcher = new Watcher() {
            @Override
            public boolean folder(long node, Descriptor opened) {
                return asked.add("folder " + node);
            }

            @Override
            public boolean file(long node, Descriptor opened) {
                return asked.add("file " + node);
            }

            @Override
            public void forgotten(long node) {
                asked.add("forgotten " + node);
            }

            @Override
            public void close() {
                asked.add("close");
            }
        };
        Files.writeString(folder.resolve("file"), "hello");
        try (FolderTree watched =
                FolderTree.open(folder, FolderOptions.of(false, 0, 0), new ReadAheadBudget(0, 0), watcher)) {
            // WHEN
            long file = node(watched, "file");
            list(watched, ROOT);
            assertThat(asked).containsExactly("folder 1");
            contents(watched, file);
            assertThat(asked).containsExactly("folder 1", "file " + file);
            watched.release(watched.open(file, WRITE).handle());
            // THEN
            assertThat(watched.known().isTold(ROOT)).isTrue();
            watched.forget(file, 1);
            assertThat(asked).containsExactly("folder 1", "file " + file, "forgotten " + file);
        }
        assertThat(asked).endsWith("close");
    }
}
