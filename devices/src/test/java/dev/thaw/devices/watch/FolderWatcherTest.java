// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.testing.Tools;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class FolderWatcherTest {
    @TempDir
    Path folder;

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<WatchEvent<String>> events = new CopyOnWriteArrayList<>();
    private FolderWatcher<String> watcher;

    @BeforeEach
    void start() throws IOException {
        watcher = FolderWatcher.start("test", new Recorder());
    }

    @AfterEach
    void close() throws IOException {
        watcher.close();
        then(Thread.getAllStackTraces().keySet()).noneMatch(t -> t.getName().equals("thaw-watch-test"));
    }

    private final class Recorder implements WatchListener<String> {
        @Override
        public void changed(WatchEvent<String> event) {
            events.add(event);
            told.add(event.key() + " " + event.kind() + (event.name() == null ? "" : " " + event.name())
                    + (event.folder() ? "/" : ""));
        }

        @Override
        public void overflowed() {
            told.add("overflow");
        }
    }

    private List<String> toldAfterDraining() throws IOException {
        watcher.drain();
        List<String> all = List.copyOf(told);
        told.clear();
        return all;
    }

    @Test
    void what_happens_in_a_folder_is_told_in_its_order() throws IOException {
        watcher.watchFolder("k", folder);
        Path file = folder.resolve("a");

        Files.createFile(file);
        // No truncation: that is a change as well, which is one with the next only if nobody reads events in between.
        Files.writeString(file, "text", StandardOpenOption.WRITE);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Files.delete(file);
        Files.createDirectory(folder.resolve("d"));

        then(toldAfterDraining())
                .containsExactly(
                        "k CREATED 'a'", "k MODIFIED 'a'", "k ATTRIBUTES 'a'", "k DELETED 'a'", "k CREATED 'd'/");
    }

    @Test
    void both_sides_of_a_move_have_the_same_cookie() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.createFile(folder.resolve("a"));
        watcher.watchFolder("from", folder);
        watcher.watchFolder("to", other);

        Files.move(folder.resolve("a"), other.resolve("b"), StandardCopyOption.ATOMIC_MOVE);

        then(toldAfterDraining()).containsExactly("from MOVED_FROM 'a'", "to MOVED_TO 'b'");
        then(events.get(0).cookie()).isNotZero().isEqualTo(events.get(1).cookie());
    }

    @Test
    void what_is_watched_itself_is_told_of_without_a_name() throws IOException {
        Path sub = Files.createDirectory(folder.resolve("sub"));
        watcher.watchFolder("k", sub);

        Files.move(sub, folder.resolve("moved"));
        Files.createFile(folder.resolve("moved/file"));
        Files.delete(folder.resolve("moved/file"));
        Files.delete(folder.resolve("moved"));

        then(toldAfterDraining())
                .startsWith("k SELF_MOVED", "k CREATED 'file'", "k DELETED 'file'")
                .endsWith("k SELF_DELETED");
        then(watcher.size()).as("the watch ends with its folder").isZero();
    }

    @Test
    void a_single_file_is_watched_through_an_open_descriptor_whatever_becomes_of_its_name() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
            Path descriptor = descriptorOf(file);
            Files.move(file, folder.resolve("moved"));
            watcher.watchFile("f", descriptor);

            then(open.write(java.nio.ByteBuffer.wrap(new byte[] {1}))).isOne();
            Files.createLink(folder.resolve("second"), folder.resolve("moved"));
        }

        then(toldAfterDraining()).containsExactly("f MODIFIED", "f ATTRIBUTES");
    }

    private static Path descriptorOf(Path file) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(link -> leadsTo(link, file)).findFirst().orElseThrow();
        }
    }

    private static boolean leadsTo(Path link, Path file) {
        try {
            return Files.readSymbolicLink(link).equals(file);
        } catch (IOException e) {
            return false; // the listing's own descriptor has gone
        }
    }

    @Test
    void two_keys_of_one_folder_are_both_told_until_each_has_ended() throws IOException {
        watcher.watchFolder("a", folder);
        watcher.watchFolder("b", folder);
        Files.createFile(folder.resolve("1"));
        then(toldAfterDraining()).containsExactly("a CREATED '1'", "b CREATED '1'");

        watcher.unwatch("a");
        Files.createFile(folder.resolve("2"));
        then(toldAfterDraining()).containsExactly("b CREATED '2'");

        watcher.unwatch("b");
        watcher.unwatch("b");
        Files.createFile(folder.resolve("3"));
        then(toldAfterDraining()).isEmpty();
        then(watcher.size()).isZero();
    }

    @Test
    void a_key_that_is_given_to_another_folder_leaves_the_first_one() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        watcher.watchFolder("k", folder);
        watcher.watchFolder("k", other);

        Files.createFile(folder.resolve("1"));
        Files.createFile(other.resolve("2"));

        then(toldAfterDraining()).containsExactly("k CREATED '2'");
        then(watcher.size()).isOne();
    }

    @Test
    void names_that_are_no_text_are_told_as_they_are() throws IOException {
        watcher.watchFolder("k", folder);

        Tools.run("bash", "-c", "touch \"$1\"/$'\\xff\\n'", "bash", folder.toString());

        then(toldAfterDraining()).contains("k CREATED '\\xff\\x0a'");
    }

    @Test
    void after_draining_each_of_ten_thousand_changes_has_been_told() throws IOException {
        // GIVEN a watcher whose thread takes events at the same time, and another folder in which much happens
        watcher.watchFolder("k", folder);
        Path file = Files.createFile(folder.resolve("file"));
        AtomicInteger missing = new AtomicInteger();
        watcher.drain();

        // WHEN
        try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int i = 0; i < 10_000; i++) {
                int before = events.size();
                if (open.write(java.nio.ByteBuffer.wrap(new byte[] {1}), 0) == 1) {
                    watcher.drain();
                }
                if (events.size() == before) {
                    missing.incrementAndGet();
                }
                if (events.size() > 1000) {
                    events.clear();
                    told.clear();
                }
            }
        }

        // THEN
        then(missing).hasValue(0);
    }

    @Test
    void events_that_nobody_asks_for_are_delivered_by_the_watchers_own_thread() throws IOException {
        watcher.watchFolder("k", folder);

        Files.createFile(folder.resolve("a"));

        await("event")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> then(told).containsExactly("k CREATED 'a'"));
    }

    @Test
    void lost_events_are_told_as_an_overflow() throws Exception {
        // GIVEN a listener that is stuck with its first event
        CountDownLatch stuck = new CountDownLatch(1);
        AtomicInteger overflows = new AtomicInteger();
        FolderWatcher<String> slow = FolderWatcher.start("slow", new WatchListener<>() {
            @Override
            public void changed(WatchEvent<String> event) {
                try {
                    if (!stuck.await(60, TimeUnit.SECONDS)) {
                        overflows.set(-1000);
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void overflowed() {
                overflows.incrementAndGet();
            }
        });
        slow.watchFolder("k", folder);
        // The JDK reads such files byte by byte, of which the kernel gives the first one only.
        int most = Integer.parseInt(Tools.run("cat", "/proc/sys/fs/inotify/max_queued_events"));

        // WHEN more happens than the kernel queues; equal events that follow each other count once
        try (FileChannel a =
                        FileChannel.open(folder.resolve("a"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileChannel b =
                        FileChannel.open(folder.resolve("b"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < most; i++) {
                then(a.write(java.nio.ByteBuffer.wrap(new byte[] {1}), 0)
                                + b.write(java.nio.ByteBuffer.wrap(new byte[] {1}), 0))
                        .isEqualTo(2);
            }
        }
        stuck.countDown();
        slow.drain();
        slow.close();

        // THEN
        then(overflows).hasValue(1);
    }

    @Test
    void a_listener_that_fails_is_told_that_something_was_lost_and_hears_further() throws IOException {
        List<String> heard = new CopyOnWriteArrayList<>();
        try (FolderWatcher<String> failing = FolderWatcher.start("failing", new WatchListener<>() {
            @Override
            public void changed(WatchEvent<String> event) {
                heard.add(event.kind().name());
                if (heard.size() == 1) {
                    throw new IllegalStateException("made by the test");
                }
            }

            @Override
            public void overflowed() {
                heard.add("overflow");
            }
        })) {
            failing.watchFolder("k", folder);
            Files.createFile(folder.resolve("a"));
            Files.delete(folder.resolve("a"));
            failing.drain();
        }

        then(heard).containsExactly("CREATED", "overflow", "DELETED");
    }

    @Test
    void what_can_not_be_watched_is_refused_with_the_reason() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        thenThrownBy(() -> watcher.watchFolder("k", file))
                .isInstanceOf(ErrnoException.class)
                .hasMessage("inotify_add_watch " + file + ": ENOTDIR (20)");
        thenThrownBy(() -> watcher.watchFile("k", folder.resolve("none"))).hasMessageContaining("ENOENT");
        watcher.close();
        thenThrownBy(() -> watcher.watchFolder("k", folder)).hasMessage("thaw-watch-test is closed");
        thenThrownBy(() -> watcher.drain()).hasMessage("thaw-watch-test is closed");
    }

    /** In a user namespace of its own, so that the limit is nobody else's. */
    @Test
    @Tag("root")
    void the_hosts_limit_is_told_as_such() throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();

        String output = Tools.run(
                "unshare",
                "--user",
                "--map-root-user",
                "bash",
                "-c",
                "echo 3 > /proc/sys/user/max_inotify_watches && exec \"$@\"",
                "bash",
                java,
                "-cp",
                classPath,
                WatchUntilLimit.class.getName(),
                folder.toString());

        then(output).contains("3 watched").contains("Raise it: sysctl fs.inotify.max_user_watches=");
    }
}
