// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.FileService;
import dev.thaw.devices.folder.FolderOptions;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.ReadAheadBudget;
import dev.thaw.devices.folder.Watcher;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.replay.Replays;
import dev.thaw.devices.watch.WatchEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the guest's replayer is answered. */
class ReplayerTest {
    private static final int REPLAYER = 77, OTHER = 78;
    private static final long ROOT = FuseGuest.ROOT;
    private static final int NAME_LIFETIME = FuseEntryOut.NAME_SECONDS, ATTRIBUTES_LIFETIME = 24, MODE = 40 + 60;
    private static final byte[] NEW_FILE = Fields.of()
            .i32(OpenFlags.READ_WRITE | OpenFlags.EXCLUSIVE, 0100644, 022, 0)
            .text("name")
            .bytes();

    @TempDir
    Path path;

    private final Replays replays = new Replays();
    private final FileService service = FileService.start(1);
    private FolderTree tree;
    private FuseServer server;
    private FuseGuest guest;

    @BeforeEach
    void open() throws IOException {
        tree = FolderTree.open(
                path, FolderOptions.of(false, 0, 0), new ReadAheadBudget(1 << 20, 1 << 20), Watcher.NONE);
        replays.start(tree, () -> {});
        server = new FuseServer(tree, FuseOptions.defaults(), service.executor(), node -> true, Notifier.NONE, replays);
        guest = FuseGuest.begun(server);
        then(ask(REPLAYER, FuseOpcode.LOOKUP, Fields.of().text(".thaw-replayer"))
                        .errno())
                .isEqualTo(Errno.ENOENT.linux());
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        then(guest.wrongs()).isEmpty();
        service.close();
        tree.close();
    }

    private FuseGuest.Answer ask(int pid, int opcode, Fields body) {
        return guest.callAs(pid, opcode, ROOT, body.bytes());
    }

    private FuseGuest.Answer lookup(int pid, String name) {
        return ask(pid, FuseOpcode.LOOKUP, Fields.of().text(name));
    }

    private static Name name(String name) throws ErrnoException {
        return Name.of(name.getBytes(StandardCharsets.UTF_8));
    }

    private void begin(WatchEvent.Kind kind, String name, long before) throws ErrnoException {
        OptionalLong known = before == 0 ? OptionalLong.empty() : OptionalLong.of(before);
        replays.event(new WatchEvent<>(ROOT, kind, name(name), false, 0), known);
        then(replays.begin()).isPresent();
    }

    private void beginRename(String from, String to, long replaced) throws ErrnoException {
        OptionalLong known = replaced == 0 ? OptionalLong.empty() : OptionalLong.of(replaced);
        replays.event(new WatchEvent<>(ROOT, WatchEvent.Kind.MOVED_FROM, name(from), false, 1), OptionalLong.empty());
        replays.event(new WatchEvent<>(ROOT, WatchEvent.Kind.MOVED_TO, name(to), false, 1), known);
        then(replays.begin()).isPresent();
    }

    private static void thenNothingIsKept(FuseGuest.Answer entry) {
        then(entry.errno()).isZero();
        then(entry.i64(NAME_LIFETIME)).isZero();
        then(entry.i64(ATTRIBUTES_LIFETIME)).isZero();
    }

    private static Fields setMode(int mode) {
        return Fields.of().i32(1, 0).i64(0, 0, 0, 0, 0, 0).i32(0, 0, 0, mode, 0, 0, 0, 0);
    }

    @Test
    void nobody_becomes_the_replayer_later_and_the_replayer_changes_nothing() throws IOException {
        // GIVEN
        Files.writeString(path.resolve(".thaw-replayer"), "a file of the host");
        Files.writeString(path.resolve("name"), "stays");
        // THEN
        then(lookup(OTHER, ".thaw-replayer").errno()).isZero();
        then(ask(REPLAYER, FuseOpcode.UNLINK, Fields.of().text("name")).errno()).isEqualTo(Errno.EPERM.linux());
        then(guest.callAs(REPLAYER, FuseOpcode.CREATE, ROOT, NEW_FILE).errno()).isEqualTo(Errno.EPERM.linux());
        then(path.resolve("name")).hasContent("stays");
        then(ask(OTHER, FuseOpcode.UNLINK, Fields.of().text("name")).errno()).isZero();
        then(path.resolve("name")).doesNotExist();
    }

    @Test
    void what_was_made_is_missing_until_it_is_made_again_and_then_is_what_is_there() throws IOException {
        // GIVEN
        Files.writeString(path.resolve("name"), "content");
        begin(WatchEvent.Kind.CREATED, "name", 0);
        // THEN
        then(lookup(REPLAYER, "name").errno()).isEqualTo(Errno.ENOENT.linux());
        // WHEN
        FuseGuest.Answer made = guest.callAs(REPLAYER, FuseOpcode.CREATE, ROOT, NEW_FILE);
        // THEN
        thenNothingIsKept(made);
        then(made.i64(0)).isEqualTo(lookup(OTHER, "name").i64(0));
        then(made.i64(FuseEntryOut.SIZE)).isEqualTo(Replayer.HANDLE);
        then(ask(
                                0,
                                FuseOpcode.RELEASE,
                                Fields.of().i64(Replayer.HANDLE).i32(0, 0).i64(0))
                        .errno())
                .isZero();
        then(path.resolve("name")).hasContent("content");
    }

    @Test
    void what_was_made_and_has_gone_is_something_that_only_the_replayer_can_see() throws IOException {
        // GIVEN
        begin(WatchEvent.Kind.CREATED, "name", 0);
        // WHEN
        FuseGuest.Answer made =
                ask(REPLAYER, FuseOpcode.MKDIR, Fields.of().i32(0755, 0).text("name"));
        // THEN
        thenNothingIsKept(made);
        then(made.i32(MODE) & 0170000).isEqualTo(0040000);
        byte[] body = new byte[16];
        then(guest.callAs(REPLAYER, FuseOpcode.GETATTR, made.i64(0), body).errno())
                .isZero();
        then(guest.callAs(OTHER, FuseOpcode.GETATTR, made.i64(0), body).errno()).isEqualTo(Errno.ESTALE.linux());
        then(path.resolve("name")).doesNotExist();
    }

    @Test
    void what_has_become_something_else_is_not_told_as_that() throws IOException {
        // GIVEN
        Files.createDirectory(path.resolve("name"));
        long folder = lookup(OTHER, "name").i64(0);
        begin(WatchEvent.Kind.CREATED, "name", 0);
        // WHEN
        FuseGuest.Answer made = guest.callAs(REPLAYER, FuseOpcode.CREATE, ROOT, NEW_FILE);
        // THEN
        thenNothingIsKept(made);
        then(made.i64(0)).isNotEqualTo(folder);
        then(made.i32(MODE) & 0170000).isEqualTo(0100000);
    }

    @Test
    void a_byte_that_is_replayed_goes_nowhere() throws IOException {
        // GIVEN
        Files.writeString(path.resolve("name"), "content");
        begin(WatchEvent.Kind.MODIFIED, "name", 0);
        long node = lookup(REPLAYER, "name").i64(0);
        // WHEN
        FuseGuest.Answer opened = guest.callAs(
                REPLAYER, FuseOpcode.OPEN, node, Fields.of().i32(1, 0).bytes());
        byte[] write = Fields.of()
                .i64(Replayer.HANDLE, 0)
                .i32(1, 0)
                .i64(0)
                .i32(0, 0)
                .raw((byte) 0)
                .bytes();
        // THEN
        then(opened.i64(0)).isEqualTo(Replayer.HANDLE);
        then(opened.i32(8)).isEqualTo(FuseReplies.OpenOut.DIRECT_IO | FuseReplies.OpenOut.KEEP_CACHE);
        then(guest.callAs(REPLAYER, FuseOpcode.WRITE, node, write).i32(0)).isEqualTo(1);
        then(guest.callAs(OTHER, FuseOpcode.WRITE, node, write).errno()).isEqualTo(Errno.EBADF.linux());
        then(path.resolve("name")).hasContent("content");
    }

    @Test
    void attributes_that_are_replayed_are_the_hosts() throws IOException {
        // GIVEN
        Files.writeString(path.resolve("name"), "content");
        begin(WatchEvent.Kind.ATTRIBUTES, "name", 0);
        long node = lookup(REPLAYER, "name").i64(0);
        int mode = (int) Files.getAttribute(path.resolve("name"), "unix:mode");
        // WHEN
        FuseGuest.Answer set =
                guest.callAs(REPLAYER, FuseOpcode.SETATTR, node, setMode(0).bytes());
        // THEN
        then(set.errno()).isZero();
        then(set.i64(0)).isZero();
        then(set.i32(16 + 60)).isEqualTo(mode);
        then((int) Files.getAttribute(path.resolve("name"), "unix:mode")).isEqualTo(mode);
    }

    @Test
    void what_was_deleted_is_found_once_more() throws IOException {
        // GIVEN
        Files.writeString(path.resolve("name"), "old");
        long node = lookup(OTHER, "name").i64(0);
        Files.delete(path.resolve("name"));
        Files.writeString(path.resolve("name"), "new");
        begin(WatchEvent.Kind.DELETED, "name", node);
        // WHEN
        FuseGuest.Answer found = lookup(REPLAYER, "name");
        // THEN
        thenNothingIsKept(found);
        then(found.i64(0)).isEqualTo(node);
        then(ask(REPLAYER, FuseOpcode.UNLINK, Fields.of().text("name")).errno()).isZero();
        then(path.resolve("name")).hasContent("new");
        then(lookup(OTHER, "name").i64(0)).isNotEqualTo(node);
    }

    @Test
    void what_lives_on_is_not_taken_for_what_was_deleted() throws IOException {
        // GIVEN a guest that was quicker than the event
        Files.writeString(path.resolve("name"), "new");
        long node = lookup(OTHER, "name").i64(0);
        begin(WatchEvent.Kind.DELETED, "name", node);
        // THEN
        then(lookup(REPLAYER, "name").i64(0)).isNotEqualTo(node);
    }

    @Test
    void what_was_renamed_is_found_under_its_old_name_and_what_it_replaced_under_the_new_one() throws IOException {
        // GIVEN
        Files.writeString(path.resolve("new"), "replaced");
        long replaced = lookup(OTHER, "new").i64(0);
        Files.delete(path.resolve("new"));
        Files.writeString(path.resolve("new"), "moved");
        long moved = lookup(OTHER, "new").i64(0);
        beginRename("name", "new", replaced);
        // THEN
        then(lookup(REPLAYER, "name").i64(0)).isEqualTo(moved);
        then(lookup(REPLAYER, "new").i64(0)).isEqualTo(replaced);
        Fields rename = Fields.of().i64(ROOT).text("name").text("new");
        then(ask(REPLAYER, FuseOpcode.RENAME, rename).errno()).isZero();
        Fields other = Fields.of().i64(ROOT).text("new").text("name");
        then(ask(REPLAYER, FuseOpcode.RENAME, other).errno()).isEqualTo(Errno.EPERM.linux());
        then(path.resolve("new")).hasContent("moved");
        then(path.resolve("name")).doesNotExist();
    }

    @Test
    void what_has_not_been_replayed_yet_is_not_remembered_by_anybody() throws IOException {
        // GIVEN
        Files.writeString(path.resolve("name"), "content");
        then(lookup(OTHER, "name").i64(NAME_LIFETIME)).isPositive();
        begin(WatchEvent.Kind.CREATED, "name", 0);
        // THEN
        then(lookup(OTHER, "name").i64(NAME_LIFETIME)).isZero();
        then(lookup(OTHER, "missing").i64(NAME_LIFETIME)).isZero();
        replays.ended(0);
        then(lookup(OTHER, "name").i64(NAME_LIFETIME)).isPositive();
    }
}
