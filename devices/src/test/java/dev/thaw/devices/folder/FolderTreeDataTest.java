// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.FileTree.ROOT;
import static dev.thaw.devices.folder.Trees.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** What is in files. */
class FolderTreeDataTest extends FreshTree {
    private String host(String path) throws IOException {
        return Files.readString(folder.resolve(path));
    }

    @Test
    void appending_writes_go_to_the_end_and_holes_are_found_and_ranges_copied() throws IOException {
        // GIVEN
        long file = tree.create(ROOT, name("file"), 0600, true, APPEND, SERVICE)
                .opened()
                .handle();
        write(tree, file, 0, "one");
        write(tree, file, 0, "two");
        assertThat(host("file")).isEqualTo("onetwo");
        long sparse = tree.create(ROOT, name("sparse"), 0600, true, WRITE, SERVICE)
                .opened()
                .handle();
        write(tree, sparse, 1 << 20, "data");
        // WHEN, THEN
        assertThat(tree.seek(sparse, 0, false)).isEqualTo(1 << 20);
        assertThat(tree.seek(sparse, 0, true)).isZero();
        assertThat(errno(() -> tree.seek(sparse, 2 << 20, false))).isEqualTo(Errno.ENXIO);
        assertThat(tree.copyRange(file, 3, sparse, 0, 100)).isEqualTo(3);
        assertThat(host("sparse")).startsWith("two\0");
        tree.allocate(sparse, 0, 0, 3 << 20);
        assertThat(Files.size(folder.resolve("sparse"))).isEqualTo(3 << 20);
        tree.allocate(sparse, 3, 0, 1 << 20);
        assertThat(host("sparse")).startsWith("\0\0\0");
        assertThat(errno(() -> tree.allocate(sparse, 4, 0, 1))).isEqualTo(Errno.EOPNOTSUPP);
        tree.sync(sparse, true);
        tree.sync(tree.openFolder(ROOT).handle(), false);
    }

    @Test
    void absurd_offsets_and_lengths_are_refused() throws IOException {
        long file = tree.create(ROOT, name("file"), 0600, true, WRITE, SERVICE)
                .opened()
                .handle();
        ByteBuffer ten = ByteBuffer.allocate(10);
        assertThat(errno(() -> tree.read(file, -1, ten))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> tree.write(file, Long.MAX_VALUE - 5, ten))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> tree.allocate(file, 0, 5, Long.MAX_VALUE))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> tree.copyRange(file, 0, file, Long.MIN_VALUE, 5)))
                .isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> tree.list(tree.openFolder(ROOT).handle(), 99, false, (a, b, c, d, e) -> true)))
                .isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> tree.read(4711, 0, ten))).isEqualTo(Errno.EBADF);
        assertThat(errno(() -> tree.release(0))).isEqualTo(Errno.EBADF);
        assertThat(errno(() -> tree.attributes(-1, 0))).isEqualTo(Errno.ESTALE);
        assertThat(errno(() -> tree.read(tree.openFolder(ROOT).handle(), 0, ten)))
                .isEqualTo(Errno.EISDIR);
    }

    @Test
    void the_guest_may_keep_what_it_has_cached_while_only_itself_changes_the_file() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "hello");
        long file = node(tree, "file");
        Opened first = tree.open(file, WRITE);
        assertThat(first.keepCache()).isFalse();
        write(tree, first.handle(), 0, "guest");
        tree.change(file, 0, permissions(0640));
        tree.rename(ROOT, name("file"), ROOT, name("renamed"), FileTree.RenameMode.REPLACE);
        // WHEN, THEN
        assertThat(tree.open(file, READ).keepCache()).isTrue();
        Files.writeString(folder.resolve("renamed"), "by the host");
        assertThat(tree.open(file, READ).keepCache()).isFalse();
        assertThat(tree.open(file, READ).keepCache()).isTrue();
        Files.writeString(folder.resolve("renamed"), "by the host, again");
        write(tree, first.handle(), 0, "guest");
        assertThat(tree.open(file, READ).keepCache()).isFalse();
    }
}
