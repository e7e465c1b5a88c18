// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.folder.AttributeChanges;
import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.FileTree.RenameMode;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the guest does itself, which it is not told. */
@EnabledOnOs(OS.LINUX)
class OwnChangesOfTreesTest extends WatchedTree {
    private interface Change {
        void make(FolderTree tree) throws IOException;
    }

    private static long nodeIn(FolderTree tree, String name) throws IOException {
        return tree.lookup(FileTree.ROOT, name(name)).node();
    }

    private static void write(FolderTree tree, OpenMode mode, String text) throws IOException {
        long handle = tree.open(nodeIn(tree, "file"), mode).handle();
        tree.write(handle, 0, ByteBuffer.wrap(text.getBytes(UTF_8)));
        tree.release(handle);
    }

    private static AttributeChanges attributes(OptionalInt permissions, OptionalLong size, boolean times) {
        Attributes.Time time = new Attributes.Time(1_000_000_000, 0);
        Optional<AttributeChanges.Stamped> stamped =
                times ? Optional.of(new AttributeChanges.Stamped(time)) : Optional.empty();
        return new AttributeChanges(permissions, OptionalInt.empty(), OptionalInt.empty(), size, stamped, stamped);
    }

    private static Arguments change(String what, Change change) {
        return Arguments.of(what, change);
    }

    static Stream<Arguments> changes() {
        OptionalInt same = OptionalInt.empty();
        OptionalLong whole = OptionalLong.empty();
        return Stream.of(
                change(
                        "a file is made",
                        tree -> tree.release(tree.create(FileTree.ROOT, name("new"), 0644, true, WRITE, GUEST)
                                .opened()
                                .handle())),
                change("a file and a folder that all may write, past this process's mask", tree -> {
                    tree.release(tree.create(FileTree.ROOT, name("new"), 0666, true, WRITE, GUEST)
                            .opened()
                            .handle());
                    tree.makeFolder(FileTree.ROOT, name("new folder"), 0777, GUEST);
                }),
                change("a file is written", tree -> write(tree, WRITE, "more text")),
                change("a file is opened empty and written", tree -> write(tree, TRUNCATE, "more")),
                change(
                        "a file is cut",
                        tree -> tree.change(nodeIn(tree, "file"), 0, attributes(same, OptionalLong.of(1), false))),
                change(
                        "permissions",
                        tree -> tree.change(nodeIn(tree, "file"), 0, attributes(OptionalInt.of(0600), whole, false))),
                change(
                        "a folder's permissions",
                        tree -> tree.change(nodeIn(tree, "sub"), 0, attributes(OptionalInt.of(0700), whole, false))),
                change("times", tree -> tree.change(nodeIn(tree, "file"), 0, attributes(same, whole, true))),
                change("a folder is made", tree -> tree.makeFolder(FileTree.ROOT, name("new"), 0755, GUEST)),
                change("a symlink is made, with its times", tree -> {
                    long link = tree.makeSymlink(FileTree.ROOT, name("new"), "to".getBytes(UTF_8), GUEST)
                            .node();
                    tree.change(link, 0, attributes(same, whole, true));
                }),
                change("a fifo is made", tree -> tree.makeNode(FileTree.ROOT, name("new"), FileKind.FIFO, 0644, GUEST)),
                change("a second name", tree -> tree.link(nodeIn(tree, "file"), FileTree.ROOT, name("new"))),
                change("a second name of a file that was written, and its end", tree -> {
                    write(tree, WRITE, "own");
                    tree.link(nodeIn(tree, "file"), FileTree.ROOT, name("new"));
                    tree.unlink(FileTree.ROOT, name("new"));
                }),
                change("a file goes", tree -> tree.unlink(FileTree.ROOT, name("file"))),
                change("a file that was written goes", tree -> {
                    write(tree, WRITE, "own");
                    tree.unlink(FileTree.ROOT, name("file"));
                }),
                change("a folder goes", tree -> tree.removeFolder(FileTree.ROOT, name("empty"))),
                change("another name", tree -> rename(tree, "file", "new", RenameMode.REPLACE)),
                change(
                        "another folder",
                        tree -> tree.rename(
                                FileTree.ROOT, name("file"), nodeIn(tree, "sub"), name("new"), RenameMode.REPLACE)),
                change("one file instead of another", tree -> {
                    write(tree, WRITE, "own");
                    rename(tree, "other", "file", RenameMode.REPLACE);
                }),
                change("two files change their names", tree -> rename(tree, "other", "file", RenameMode.EXCHANGE)),
                change("a folder's name", tree -> rename(tree, "sub", "new", RenameMode.REPLACE)),
                change("extended attributes", tree -> {
                    long file = nodeIn(tree, "file");
                    tree.setExtendedAttribute(file, name("user.a"), new byte[] {1}, 0);
                    tree.removeExtendedAttribute(file, name("user.a"));
                }),
                change("room for data", tree -> {
                    long handle = tree.open(nodeIn(tree, "file"), WRITE).handle();
                    tree.allocate(handle, 0, 0, 10_000);
                    tree.release(handle);
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void what_the_guest_changes_it_is_not_told(String what, Change change) throws IOException {
        // WHEN
        change.make(tree);
        // THEN
        then(told()).as(what).isEmpty();
    }

    @Test
    void a_change_that_failed_does_not_hide_one_of_the_host() throws IOException {
        // GIVEN
        long file = node("file");
        then(errnoOf(() -> rename(tree, "missing", "file", RenameMode.REPLACE))).contains("ENOENT");
        then(errnoOf(() -> tree.create(FileTree.ROOT, name("file"), 0644, true, WRITE, GUEST)))
                .contains("EEXIST");
        // WHEN
        Files.move(folder.resolve("other"), folder.resolve("file"), StandardCopyOption.REPLACE_EXISTING);
        // THEN
        then(told()).contains("entry 1 'file'", "entry 1 'other'", "attributes " + file);
    }
}
