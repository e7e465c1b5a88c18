// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.FileTree.ROOT;
import static dev.thaw.devices.folder.Trees.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;

class FolderTreeTest extends FreshTree {
    private String host(String path) throws IOException {
        return Files.readString(folder.resolve(path));
    }

    @Test
    void a_file_of_the_host_is_found_and_read() throws IOException {
        // GIVEN
        Files.createDirectories(folder.resolve("a/b"));
        Files.writeString(folder.resolve("a/b/file"), "hello");
        // WHEN
        long b = node(tree, "a/b");
        Entry entry = tree.lookup(b, name("file"));
        // THEN
        assertThat(entry.attributes().size()).isEqualTo(5);
        assertThat(entry.attributes().kind()).isEqualTo(FileKind.FILE);
        assertThat(entry.attributes().uid()).isEqualTo(70);
        assertThat(entry.attributes().gid()).isEqualTo(71);
        assertThat(tree.attributes(entry.node(), 0)).isEqualTo(entry.attributes());
        assertThat(tree.attributes(b, 0).kind()).isEqualTo(FileKind.FOLDER);
        assertThat(contents(tree, entry.node())).isEqualTo("hello");
    }

    @Test
    void hard_links_are_one_node_and_their_file_is_reached_by_any_that_is_left() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("one"), "hello");
        Files.createLink(folder.resolve("two"), folder.resolve("one"));
        // WHEN
        long one = node(tree, "one");
        long two = node(tree, "two");
        // THEN
        assertThat(one).isEqualTo(two);
        Files.delete(folder.resolve("two"));
        assertThat(contents(tree, one)).isEqualTo("hello");
        Files.move(folder.resolve("one"), folder.resolve("three"));
        assertThat(errno(() -> tree.open(one, READ))).isEqualTo(Errno.ESTALE);
        assertThat(node(tree, "three")).isEqualTo(one);
        assertThat(contents(tree, one)).isEqualTo("hello");
    }

    @Test
    void a_file_that_takes_anothers_name_is_another_node() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "old");
        long old = node(tree, "file");
        long open = tree.open(old, READ).handle();
        // WHEN an editor of the host saves
        Files.writeString(folder.resolve("new"), "new");
        Files.move(folder.resolve("new"), folder.resolve("file"), StandardCopyOption.REPLACE_EXISTING);
        // THEN the handle is of the old one, wholly
        assertThat(read(tree, open)).isEqualTo("old");
        assertThat(tree.attributes(old, 0).links()).isZero();
        long fresh = node(tree, "file");
        assertThat(fresh).isNotEqualTo(old);
        assertThat(contents(tree, fresh)).isEqualTo("new");
        tree.release(open);
        assertThat(errno(() -> tree.attributes(old, 0))).isEqualTo(Errno.ESTALE);
        assertThat(errno(() -> tree.open(old, READ))).isEqualTo(Errno.ESTALE);
    }

    @Test
    void numbers_are_forgotten_and_never_used_again() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "");
        long first = tree.lookup(ROOT, name("file")).node();
        assertThat(tree.lookup(ROOT, name("file")).node()).isEqualTo(first);
        // WHEN
        tree.forget(first, 1);
        assertThat(tree.attributes(first, 0).size()).isZero();
        tree.forget(first, 1);
        tree.forget(ROOT, 1000);
        tree.forget(77, 1);
        // THEN
        assertThat(errno(() -> tree.attributes(first, 0))).isEqualTo(Errno.ESTALE);
        assertThat(tree.lookup(ROOT, name("file")).node()).isGreaterThan(first);
        assertThat(tree.attributes(ROOT, 0).kind()).isEqualTo(FileKind.FOLDER);
        assertThat(tree.counters().nodes()).isEqualTo(2);
    }

    @Test
    void what_the_guest_makes_is_there_with_the_permissions_it_wants() throws IOException {
        // WHEN
        FileTree.Created file = tree.create(ROOT, name("file"), 06666, true, WRITE, SERVICE);
        Entry made = tree.makeFolder(ROOT, name("folder"), 0777, SERVICE);
        Entry fifo = tree.makeNode(made.node(), name("fifo"), FileKind.FIFO, 0622, SERVICE);
        Entry link = tree.makeSymlink(ROOT, name("link"), "/anywhere/../else".getBytes(UTF_8), SERVICE);
        write(tree, file.opened().handle(), 3, "abc");
        // THEN
        assertThat(host("file")).isEqualTo("\0\0\0abc");
        assertThat(Files.getAttribute(folder.resolve("file"), "unix:mode")).isEqualTo(0100666);
        assertThat(Files.getPosixFilePermissions(folder.resolve("folder")))
                .isEqualTo(PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(fifo.attributes().permissions()).isEqualTo(0622);
        assertThat(fifo.attributes().kind()).isEqualTo(FileKind.FIFO);
        assertThat(tree.readSymlink(link.node())).asString().isEqualTo("/anywhere/../else");
        assertThat(errno(() -> tree.makeNode(ROOT, name("d"), FileKind.BLOCK_DEVICE, 0, SERVICE)))
                .isEqualTo(Errno.EPERM);
        assertThat(errno(() -> tree.create(ROOT, name("file"), 0666, true, WRITE, SERVICE)))
                .isEqualTo(Errno.EEXIST);
        assertThat(errno(() -> tree.open(fifo.node(), READ))).isEqualTo(Errno.ENXIO);
        long again = tree.create(ROOT, name("file"), 0600, false, TRUNCATE, SERVICE)
                .opened()
                .handle();
        assertThat(read(tree, again)).isEmpty();
        tree.change(file.entry().node(), 0, permissions(04755));
        assertThat(Files.getAttribute(folder.resolve("file"), "unix:mode")).isEqualTo(0100755);
    }

    @Test
    void whom_files_belong_to_is_the_guests_business_and_never_reaches_the_host() throws IOException {
        // GIVEN
        Object hostOwner = Files.getAttribute(folder, "unix:uid");
        // WHEN
        Entry service = tree.makeFolder(ROOT, name("a"), 0700, SERVICE);
        Entry guestsRoot = tree.makeFolder(ROOT, name("b"), 0700, new Caller(0, 0, 1));
        Attributes given = tree.change(service.node(), 0, owner(1000, 1001));
        // THEN
        assertThat(service.attributes().uid()).isEqualTo(70);
        assertThat(guestsRoot.attributes().uid()).isZero();
        assertThat(given.uid()).isEqualTo(1000);
        assertThat(tree.lookup(ROOT, name("a")).attributes().gid()).isEqualTo(1001);
        assertThat(Files.getAttribute(folder.resolve("a"), "unix:uid")).isEqualTo(hostOwner);
        // and it goes with the file
        tree.rename(ROOT, name("a"), ROOT, name("c"), FileTree.RenameMode.REPLACE);
        assertThat(tree.lookup(ROOT, name("c")).attributes().uid()).isEqualTo(1000);
    }

    @Test
    void an_unlinked_file_is_served_through_its_handle() throws IOException {
        // GIVEN
        FileTree.Created file = tree.create(ROOT, name("file"), 0600, true, WRITE, SERVICE);
        long handle = file.opened().handle();
        // WHEN
        tree.unlink(ROOT, name("file"));
        write(tree, handle, 0, "still here");
        // THEN
        assertThat(read(tree, handle)).isEqualTo("still here");
        assertThat(tree.attributes(file.entry().node(), 0).size()).isEqualTo(10);
        assertThat(tree.change(file.entry().node(), 0, size(5)).size()).isEqualTo(5);
        long other = tree.open(file.entry().node(), READ).handle();
        assertThat(read(tree, other)).isEqualTo("still");
        assertThat(errno(() -> tree.lookup(ROOT, name("file")))).isEqualTo(Errno.ENOENT);
    }

    @Test
    void renames_keep_nodes_and_their_paths() throws IOException {
        // GIVEN
        Files.createDirectories(folder.resolve("a/deep/er"));
        Files.writeString(folder.resolve("a/deep/er/file"), "hello");
        Files.createDirectory(folder.resolve("b"));
        Files.writeString(folder.resolve("other"), "other");
        long a = node(tree, "a");
        long b = node(tree, "b");
        long er = node(tree, "a/deep/er");
        long file = node(tree, "a/deep/er/file");
        // WHEN
        tree.rename(a, name("deep"), b, name("deeper"), FileTree.RenameMode.NO_REPLACE);
        // THEN
        assertThat(contents(tree, file)).isEqualTo("hello");
        assertThat(list(tree, er)).containsExactly(".", "..", "file");
        assertThat(errno(() -> tree.rename(ROOT, name("other"), b, name("deeper"), FileTree.RenameMode.NO_REPLACE)))
                .isEqualTo(Errno.EEXIST);
        // WHEN
        long other = node(tree, "other");
        tree.rename(ROOT, name("other"), er, name("file"), FileTree.RenameMode.EXCHANGE);
        // THEN
        assertThat(contents(tree, file)).isEqualTo("hello");
        assertThat(contents(tree, other)).isEqualTo("other");
        assertThat(node(tree, "other")).isEqualTo(file);
        assertThat(host("b/deeper/er/file")).isEqualTo("other");
        assertThat(errno(() -> tree.rename(ROOT, name("b"), er, name("x"), FileTree.RenameMode.REPLACE)))
                .isEqualTo(Errno.EINVAL);
        assertThat(contents(tree, other)).isEqualTo("other");
    }

    @Test
    void attributes_are_changed_with_and_without_a_handle_and_of_symlinks_themselves() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "hello");
        Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
        long file = node(tree, "file");
        long link = node(tree, "link");
        long handle = tree.open(file, WRITE).handle();
        // WHEN, THEN
        assertThat(tree.change(file, 0, size(2)).size()).isEqualTo(2);
        assertThat(tree.change(file, handle, size(1)).size()).isEqualTo(1);
        assertThat(tree.change(link, 0, modified(-7, 13)).modified()).isEqualTo(new Attributes.Time(-7, 13));
        assertThat(tree.attributes(file, 0).modified().seconds()).isPositive();
        assertThat(tree.change(file, 0, modified(123, 456)).modified()).isEqualTo(new Attributes.Time(123, 456));
        assertThat(tree.change(ROOT, 0, permissions(0750)).permissions()).isEqualTo(0750);
        assertThat(errno(() -> tree.change(link, 0, permissions(0777)))).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(() -> tree.change(file, 0, size(-1)))).isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> tree.change(ROOT, 0, size(0)))).isEqualTo(Errno.EISDIR);
        assertThat(errno(() -> tree.change(link, handle, modified(1, 1)))).isEqualTo(Errno.EBADF);
        assertThat(Files.readAttributes(folder.resolve("link"), "*", LinkOption.NOFOLLOW_LINKS)
                        .get("isSymbolicLink"))
                .isEqualTo(true);
    }

    @Test
    void extended_attributes_of_users_are_kept_and_others_do_not_exist() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "hello");
        long file = node(tree, "file");
        // WHEN
        tree.setExtendedAttribute(file, name("user.thaw"), new byte[] {1, 0, 2}, 1);
        tree.setExtendedAttribute(ROOT, name("user.root"), new byte[] {}, 0);
        // THEN
        assertThat(tree.extendedAttribute(file, name("user.thaw"))).containsExactly(1, 0, 2);
        assertThat(tree.extendedAttributes(file)).containsExactly(name("user.thaw"));
        assertThat(tree.extendedAttribute(ROOT, name("user.root"))).isEmpty();
        assertThat(errno(() -> tree.setExtendedAttribute(file, name("user.thaw"), new byte[1], 1)))
                .isEqualTo(Errno.EEXIST);
        assertThat(errno(() -> tree.setExtendedAttribute(file, name("trusted.x"), new byte[1], 0)))
                .isEqualTo(Errno.EOPNOTSUPP);
        assertThat(errno(() -> tree.extendedAttribute(file, name("security.capability"))))
                .isEqualTo(Errno.EOPNOTSUPP);
        tree.removeExtendedAttribute(file, name("user.thaw"));
        assertThat(errno(() -> tree.extendedAttribute(file, name("user.thaw")))).isEqualTo(Errno.ENODATA);
    }

    @Test
    void a_read_only_share_is_read_and_never_changed() throws IOException {
        Files.writeString(folder.resolve("file"), "hello");
        try (FolderTree shared =
                FolderTree.open(folder, FolderOptions.of(true, 0, 0), new ReadAheadBudget(0, 0), Watcher.NONE)) {
            long file = node(shared, "file");
            assertThat(contents(shared, file)).isEqualTo("hello");
            List<org.assertj.core.api.ThrowableAssert.ThrowingCallable> changes = List.of(
                    () -> shared.open(file, WRITE),
                    () -> shared.open(file, new OpenMode(true, false, false, true, false, false)),
                    () -> shared.create(ROOT, name("x"), 0600, false, READ, SERVICE),
                    () -> shared.makeFolder(ROOT, name("x"), 0700, SERVICE),
                    () -> shared.makeSymlink(ROOT, name("x"), new byte[] {'y'}, SERVICE),
                    () -> shared.makeNode(ROOT, name("x"), FileKind.FIFO, 0600, SERVICE),
                    () -> shared.link(file, ROOT, name("x")),
                    () -> shared.unlink(ROOT, name("file")),
                    () -> shared.removeFolder(ROOT, name("file")),
                    () -> shared.rename(ROOT, name("file"), ROOT, name("x"), FileTree.RenameMode.REPLACE),
                    () -> shared.change(file, 0, size(0)),
                    () -> shared.setExtendedAttribute(file, name("user.x"), new byte[1], 0),
                    () -> shared.removeExtendedAttribute(file, name("user.x")));
            assertThat(changes).allSatisfy(change -> assertThat(errno(change)).isEqualTo(Errno.EROFS));
        }
    }

    @Test
    void handles_are_limited_and_their_numbers_not_used_again() throws IOException {
        Files.writeString(folder.resolve("file"), "hello");
        FolderOptions two = new FolderOptions(false, 70, 71, 2, 2, 1000, 0);
        try (FolderTree shared = FolderTree.open(folder, two, new ReadAheadBudget(0, 0), Watcher.NONE)) {
            long file = node(shared, "file");
            long first = shared.open(file, READ).handle();
            long second = shared.openFolder(ROOT).handle();
            assertThat(errno(() -> shared.open(file, READ))).isEqualTo(Errno.ENFILE);
            assertThat(errno(() -> shared.create(ROOT, name("new"), 0600, true, WRITE, SERVICE)))
                    .isEqualTo(Errno.ENFILE);
            assertThat(folder.resolve("new")).doesNotExist();
            shared.release(first);
            assertThat(shared.open(file, READ).handle()).isGreaterThan(second);
            assertThat(errno(() -> shared.release(first))).isEqualTo(Errno.EBADF);
            assertThat(errno(() -> shared.change(file, 0, owner(5, 5)))).isEqualTo(Errno.EDQUOT);
        }
    }

    @Test
    void few_folders_are_held_open_and_all_are_reached() throws IOException {
        // GIVEN
        FolderOptions few = new FolderOptions(false, 0, 0, 10, 5, 1 << 20, 0);
        try (FolderTree shared = FolderTree.open(folder, few, new ReadAheadBudget(0, 0), Watcher.NONE)) {
            for (int i = 0; i < 50; i++) {
                Files.createDirectories(folder.resolve("f" + i + "/g"));
                Files.writeString(folder.resolve("f" + i + "/g/file"), "hello " + i);
            }
            // WHEN
            long[] files = new long[50];
            for (int i = 0; i < 50; i++) {
                files[i] = node(shared, "f" + i + "/g/file");
            }
            // THEN
            for (int i = 49; i >= 0; i--) {
                assertThat(contents(shared, files[i])).isEqualTo("hello " + i);
            }
            assertThat(descriptorsBelow(folder)).isLessThanOrEqualTo(7); // the roots of two trees
        }
    }

    @Test
    void the_space_is_the_file_systems() throws IOException {
        Space space = tree.space();
        assertThat(space.blocks() * space.blockBytes())
                .isEqualTo(Files.getFileStore(folder).getTotalSpace());
        assertThat(space.nameMax()).isPositive();
    }

    @Test
    void a_tree_that_is_closed_refuses_everything() throws IOException {
        Files.writeString(folder.resolve("file"), "hello");
        long file = node(tree, "file");
        long handle = tree.open(file, READ).handle();
        tree.close();
        assertThat(errno(() -> tree.read(handle, 0, ByteBuffer.allocate(1)))).isEqualTo(Errno.EBADF);
        assertThat(errno(() -> tree.attributes(file, 0))).isEqualTo(Errno.ESTALE);
        assertThat(errno(() -> tree.open(file, READ))).isEqualTo(Errno.ESTALE);
    }
}
