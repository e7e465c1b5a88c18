// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Operator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes of a shared folder that come by other ways than the guest's: through names and folders that it has never seen. */
class SharedFolderRoutesTest {
    @TempDir
    private static Path temp;

    private static Path shared;
    private static Thaw thaw;
    private static Vm vm;

    private Operator guest;
    /** One for each test, in the share and beside it. */
    private Path inside;

    private Path outside;

    @BeforeAll
    static void start() throws IOException {
        shared = Files.createDirectory(temp.resolve("shared"));
        Path program = Operator.compile(Files.createDirectory(temp.resolve("program")));
        thaw = Thaw.open();
        vm = thaw.start(Operator.spec(program, shared));
    }

    @AfterAll
    static void stop() {
        thaw.close();
    }

    @BeforeEach
    void folders() throws IOException {
        inside = Files.createTempDirectory(shared, "in");
        outside = Files.createTempDirectory(temp, "out");
        guest = Operator.in(vm);
    }

    @AfterEach
    void end() {
        guest.close();
    }

    private static String path(Path file) {
        return shared.relativize(file).toString();
    }

    private void thenGuestReads(Path file, String text) throws IOException {
        then(guest.ask("read " + path(file))).isEqualTo("ok " + text);
        then(guest.ask("stat " + path(file))).contains(" " + text.length() + " ");
    }

    private void thenGuestHolds(String text) throws IOException {
        String byReading = guest.ask("held-read 0");
        then(byReading).startsWith("ok " + text.length() + " " + text.length() + ":");
        then(guest.ask("hold 1 " + path(Files.writeString(inside.resolve("same"), text))))
                .isEqualTo("ok");
        then(byReading).as("is '%s'", text).isEqualTo(guest.ask("held-read 1"));
    }

    private Path known(String name, String text) throws IOException {
        Path file = Files.writeString(inside.resolve(name), text);
        thenGuestReads(file, text);
        then(guest.ask("hold-to-read 0 " + path(file))).isEqualTo("ok");
        thenGuestHolds(text);
        return file;
    }

    @Test
    void a_file_is_written_through_another_name_of_it_outside_the_share() throws IOException {
        // GIVEN
        Path file = known("file", "first");
        Path other = Files.createLink(outside.resolve("other"), file);
        // WHEN
        Files.writeString(other, "second");
        // THEN
        thenGuestReads(file, "second");
        thenGuestHolds("second");
        Files.writeString(other, "SECOND", StandardOpenOption.WRITE);
        thenGuestHolds("SECOND");
        thenGuestReads(file, "SECOND");
    }

    @Test
    void a_file_is_written_through_another_name_of_it_that_the_guest_has_not_looked_at() throws IOException {
        // GIVEN
        Path file = Files.writeString(inside.resolve("file"), "first");
        Path other =
                Files.createLink(Files.createDirectory(inside.resolve("unseen")).resolve("other"), file);
        thenGuestReads(file, "first");
        then(guest.ask("hold-to-read 0 " + path(file))).isEqualTo("ok");
        // WHEN
        Files.writeString(other, "second");
        // THEN
        thenGuestHolds("second");
        thenGuestReads(file, "second");
        Files.writeString(other, "SECOND", StandardOpenOption.WRITE);
        thenGuestHolds("SECOND");
        thenGuestReads(file, "SECOND");
    }

    @Test
    void an_open_file_is_moved_out_of_the_share_and_written_there() throws IOException {
        // GIVEN
        Path file = known("file", "first");
        // WHEN
        Path moved = Files.move(file, outside.resolve("file"));
        Files.writeString(moved, "second");
        // THEN
        then(guest.ask("read " + path(file))).isEqualTo("errno 2");
        thenGuestHolds("second");
    }

    @Test
    void a_folder_is_moved_out_of_the_share_and_written_there() throws IOException {
        // GIVEN
        Path folder = Files.createDirectories(inside.resolve("folder/deep"));
        Path file = known("folder/deep/file", "first");
        // WHEN
        Path moved = Files.move(inside.resolve("folder"), outside.resolve("folder"));
        Files.writeString(moved.resolve("deep/file"), "second");
        // THEN
        then(guest.ask("read " + path(file))).isEqualTo("errno 2");
        then(guest.ask("list " + path(folder))).isEqualTo("errno 2");
        thenGuestHolds("second");
    }

    @Test
    void a_folder_is_moved_into_the_share_and_written_there() throws IOException {
        // GIVEN a name that the guest knows to be missing
        Path folder = inside.resolve("folder");
        then(guest.ask("list " + path(folder))).isEqualTo("errno 2");
        Files.writeString(
                Files.createDirectories(outside.resolve("folder/deep")).resolve("file"), "first");
        // WHEN
        Files.move(outside.resolve("folder"), folder);
        // THEN
        thenGuestReads(folder.resolve("deep/file"), "first");
        Files.writeString(folder.resolve("deep/file"), "second");
        thenGuestReads(folder.resolve("deep/file"), "second");
    }

    @Test
    void a_folder_is_moved_to_where_the_guest_has_not_looked_and_written_there() throws IOException {
        // GIVEN
        Files.createDirectories(inside.resolve("folder/deep"));
        Path file = known("folder/deep/file", "first");
        Path unseen = Files.createDirectories(inside.resolve("unseen/unseen"));
        // WHEN
        Files.move(inside.resolve("folder"), unseen.resolve("folder"));
        Path moved = unseen.resolve("folder/deep/file");
        Files.writeString(moved, "second");
        // THEN
        thenGuestHolds("second");
        thenGuestReads(moved, "second");
        then(guest.ask("read " + path(file))).isEqualTo("errno 2");
        Files.writeString(moved, "third");
        thenGuestHolds("third");
        thenGuestReads(moved, "third");
    }

    @Test
    void an_open_file_is_moved_to_where_the_guest_has_not_looked_and_written_there() throws IOException {
        // GIVEN
        Path file = known("file", "first");
        Path unseen = Files.createDirectories(inside.resolve("unseen"));
        // WHEN
        Path moved = Files.move(file, unseen.resolve("file"));
        Files.writeString(moved, "second");
        // THEN
        thenGuestHolds("second");
        Files.writeString(moved, "SECOND", StandardOpenOption.WRITE);
        thenGuestHolds("SECOND");
    }

    @Test
    void an_open_file_is_deleted_and_written_on_by_who_has_it_open_on_the_host() throws IOException {
        // GIVEN
        Path file = known("file", "first");
        try (var channel = java.nio.channels.FileChannel.open(file, StandardOpenOption.WRITE)) {
            // WHEN
            Files.delete(file);
            channel.write(java.nio.ByteBuffer.wrap("second".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        }
        // THEN
        then(guest.ask("read " + path(file))).isEqualTo("errno 2");
        thenGuestHolds("second");
    }

    @Test
    void times_are_set() throws IOException {
        Path file = known("file", "first");
        Path folder = Files.createDirectory(inside.resolve("folder"));
        for (Path one : new Path[] {file, folder}) {
            then(guest.ask("stat " + path(one))).doesNotContain(" 1000000.");
            Files.setLastModifiedTime(one, FileTime.fromMillis(1_000_000_123L));
            then(guest.ask("stat " + path(one))).endsWith(" 1000000.123000000");
        }
    }
}
