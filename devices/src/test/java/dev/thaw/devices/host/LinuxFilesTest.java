// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
class LinuxFilesTest {
    @TempDir
    Path folder;

    private final HostFiles files = new LinuxFiles();

    private static byte[] name(String name) {
        return name.getBytes(UTF_8);
    }

    @ParameterizedTest(name = "openat2: {0}")
    @ValueSource(booleans = {true, false})
    void a_folder_is_opened_by_its_path_and_never_through_a_symlink(boolean openat2) throws IOException {
        // GIVEN a/b, and symlinks to it, to the outside and in the middle of a path
        HostFiles some = new LinuxFiles(openat2);
        Path b = Files.createDirectories(folder.resolve("a/b"));
        Files.createSymbolicLink(folder.resolve("link"), Path.of("a"));
        Files.createSymbolicLink(folder.resolve("a/out"), Path.of("/"));
        try (Descriptor root = some.openRoot(folder)) {
            // WHEN, THEN
            try (Descriptor found = some.openFolder(root, name("a/b"))) {
                assertThat(some.stat(found).inode()).isEqualTo(Files.getAttribute(b, "unix:ino"));
            }
            for (String path : List.of("link/b", "a/out", "a/out/etc", "link", "..", "a/../..", "/etc", "")) {
                ErrnoException refused = catchThrowableOfType(
                        ErrnoException.class,
                        () -> some.openFolder(root, name(path)).close());
                if (path.isEmpty()) {
                    continue; // the folder itself, or none: both are inside
                }
                assertThat(refused).as(path).isNotNull();
                assertThat(refused.errno()).as(path).isIn(Errno.ELOOP, Errno.EXDEV, Errno.ENOTDIR);
            }
        }
    }

    @Test
    void attributes_are_those_that_the_jdk_sees() throws IOException {
        // GIVEN
        Path file = Files.writeString(folder.resolve("file"), "12345");
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_600_000_000_500L));
        try (Descriptor root = files.openRoot(folder)) {
            // WHEN
            HostStat stat = files.stat(root, name("file"));
            // THEN
            assertThat(stat.size()).isEqualTo(5);
            assertThat(stat.mode()).isEqualTo(Files.getAttribute(file, "unix:mode"));
            assertThat(stat.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
            assertThat(stat.uid()).isEqualTo(Files.getAttribute(file, "unix:uid"));
            assertThat(stat.links()).isEqualTo(1);
            assertThat(stat.modifiedSeconds()).isEqualTo(1_600_000_000L);
            assertThat(stat.modifiedNanos()).isEqualTo(500_000_000);
        }
    }

    @Test
    void data_of_direct_and_heap_buffers_is_written_and_read_at_their_positions() throws IOException {
        try (Descriptor root = files.openRoot(folder);
                Descriptor file =
                        files.open(root, name("new"), HostFiles.READ | HostFiles.WRITE | HostFiles.CREATE_NEW, 0600)) {
            for (boolean direct : new boolean[] {true, false}) {
                // GIVEN
                ByteBuffer out = direct ? ByteBuffer.allocateDirect(10) : ByteBuffer.allocate(10);
                out.put(name("0123456789")).position(2).limit(7);
                // WHEN
                int written = files.write(file, 3, out);
                ByteBuffer in = direct ? ByteBuffer.allocateDirect(20) : ByteBuffer.allocate(20);
                in.position(4);
                int now = files.readNow(file, 3, in.duplicate());
                int read = files.read(file, 3, in);
                // THEN
                assertThat(written).isEqualTo(5);
                assertThat(now).isIn(5, -1);
                assertThat(read).isEqualTo(5);
                byte[] got = new byte[5];
                in.get(4, got);
                assertThat(new String(got, UTF_8)).isEqualTo("23456");
                assertThat(in.position()).isEqualTo(9);
            }
        }
    }

    @Test
    void a_listing_has_all_entries_once() throws IOException {
        // GIVEN
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            expected.add("file-with-a-name-that-takes-some-bytes-" + i);
            Files.createFile(folder.resolve(expected.get(i)));
        }
        // WHEN
        List<String> names = new ArrayList<>();
        try (Descriptor root = files.openRoot(folder);
                Descriptor listing = files.openListing(root)) {
            files.list(
                    listing, (batch, from, length, inode, kind) -> names.add(new String(batch, from, length, UTF_8)));
        }
        // THEN
        assertThat(names).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void a_failure_names_call_and_subject_and_prints_nothing_of_a_guests_choosing() throws IOException {
        try (Descriptor root = files.openRoot(folder)) {
            // WHEN
            ErrnoException failure =
                    catchThrowableOfType(ErrnoException.class, () -> files.stat(root, name("a\u001b[2J")));
            // THEN
            assertThat(failure).hasMessage("statx 'a\\x1b[2J': ENOENT (2)");
            assertThat(failure.errno()).isEqualTo(Errno.ENOENT);
        }
    }

    @Test
    void a_descriptor_that_is_held_is_closed_by_the_last_who_lets_go() throws IOException {
        // GIVEN
        Descriptor root = files.openRoot(folder);
        assertThat(root.tryHold()).isTrue();
        // WHEN
        root.close();
        root.close();
        // THEN it still serves, and nobody else may begin
        assertThat(root.tryHold()).isFalse();
        assertThat(files.stat(root).isFolder()).isTrue();
        assertThat(root.closeAndWait(Duration.ofMillis(1))).isFalse();
        root.letGo();
        assertThat(root.closeAndWait(Duration.ofMillis(1))).isTrue();
    }

    @Test
    void locks_of_two_open_files_are_in_each_others_way() throws IOException {
        // GIVEN
        Files.writeString(folder.resolve("file"), "12345");
        try (Descriptor root = files.openRoot(folder);
                Descriptor one = files.open(root, name("file"), HostFiles.READ | HostFiles.WRITE, 0);
                Descriptor two = files.reopen(one, HostFiles.READ | HostFiles.WRITE)) {
            // WHEN
            boolean first = files.lock(one, new HostLock(true, 10, 19));
            // THEN
            assertThat(first).isTrue();
            assertThat(files.lock(two, new HostLock(false, 19, Long.MAX_VALUE))).isFalse();
            assertThat(files.conflicting(two, new HostLock(false, 0, Long.MAX_VALUE)))
                    .contains(new HostLock(true, 10, 19));
            assertThat(files.lock(two, new HostLock(true, 20, Long.MAX_VALUE))).isTrue();
            files.unlock(one, 0, Long.MAX_VALUE);
            assertThat(files.lock(two, new HostLock(true, 0, 19))).isTrue();
            assertThat(files.lockWhole(one, true)).isTrue();
            assertThat(files.lockWhole(two, false)).isFalse();
        }
    }
}
