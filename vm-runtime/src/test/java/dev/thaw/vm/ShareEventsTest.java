// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program in a guest with a stock kernel that watches a shared folder by inotify. */
class ShareEventsTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String PROBE = "probe-";

    private static Thaw thaw;
    private static Vm vm;
    private static Share tools;

    @TempDir
    static Path toolsFolder;

    @TempDir
    Path folder;

    @TempDir
    Path outside;

    private final AtomicInteger probes = new AtomicInteger();
    private Share share;
    private int watcher;

    @BeforeAll
    static void start() throws Exception {
        Path source = toolsFolder.resolve("watch.c");
        try (InputStream in = ShareEventsTest.class.getResourceAsStream("watch.c")) {
            Files.copy(in, source);
        }
        Process compiler = new ProcessBuilder(
                        "gcc", "-static", "-o", toolsFolder.resolve("watch").toString(), source.toString())
                .inheritIO()
                .start();
        then(compiler.waitFor()).isZero();
        thaw = Thaw.open();
        vm = thaw.start(Specs.web());
        tools = vm.share(ShareSpec.of(toolsFolder, "/tools").readOnly());
    }

    @AfterAll
    static void stop() {
        tools.close();
        thaw.close();
    }

    @BeforeEach
    void share() {
        share = vm.share(folder, "/shared");
    }

    @AfterEach
    void end() {
        run("kill -9 " + watcher + " || true");
        share.close();
    }

    private static String run(String script) {
        ExecResult result = vm.exec("sh", "-c", script);
        then(result.exitCode()).as("%s", result).isZero();
        return result.stdout().strip();
    }

    private void begin(String... paths) {
        watcher = Integer.parseInt(run("/tools/watch " + String.join(" ", paths)
                + " > /tmp/events 2>&1 < /dev/null & echo $!; until grep -q ready /tmp/events; do usleep 10000; done"));
    }

    /** Begins to watch, and returns when the guest is known to replay: it does not look for watchers each time. */
    private void watch(String... paths) {
        begin(paths);
        await("an event").atMost(SOON).until(() -> {
            String probe = probe(folder);
            await("its event or not")
                    .atMost(SOON)
                    .until(() -> run("cat /tmp/events").contains(probe) || isOld(probe));
            return run("cat /tmp/events").contains(probe);
        });
    }

    /** Whether the host has nothing left to tell of a file that it has made. */
    private boolean isOld(String probe) throws IOException {
        share.sync();
        return Files.getLastModifiedTime(folder.resolve(probe)).toMillis() < System.currentTimeMillis() - 1000;
    }

    private String probe(Path where) throws IOException {
        String name = PROBE + probes.incrementAndGet();
        Files.createFile(where.resolve(name));
        return name;
    }

    /** All events up to now but those of probes, without cookies. */
    private List<String> events() throws IOException {
        return lines().stream()
                .map(line -> line.substring(0, line.lastIndexOf(' ')))
                .toList();
    }

    private List<String> lines() throws IOException {
        String last = probe(folder);
        await("the last event").atMost(SOON).until(() -> run("cat /tmp/events").contains("CREATE " + last));
        return run("cat /tmp/events")
                .lines()
                .filter(line -> line.startsWith("/") && !line.contains(PROBE))
                .toList();
    }

    @Test
    void what_the_host_makes_is_told() throws IOException {
        // GIVEN a folder that nobody in the guest has looked into
        Files.createDirectory(folder.resolve("dir"));
        watch("/shared", "/shared/dir");
        // WHEN
        Files.createFile(folder.resolve("file"));
        Files.createDirectory(folder.resolve("folder"));
        Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
        Files.createFile(folder.resolve("dir/file"));
        // THEN
        then(events())
                .containsExactly(
                        "/shared CREATE file",
                        "/shared CREATE/ folder",
                        "/shared CREATE link",
                        "/shared/dir CREATE file");
        then(run("stat -c %F /shared/file /shared/folder /shared/link; readlink /shared/link"))
                .isEqualTo("regular empty file\ndirectory\nsymbolic link\nfile");
    }

    @Test
    void what_the_host_changes_and_deletes_is_told() throws IOException {
        // GIVEN
        Path file = folder.resolve("file");
        Files.writeString(file, "before");
        Files.createDirectory(folder.resolve("dir"));
        watch("/shared", "/shared/file", "/shared/dir");
        // WHEN
        Files.writeString(file, "after", StandardOpenOption.WRITE);
        then(events().stream().distinct()).containsExactlyInAnyOrder("/shared MODIFY file", "/shared/file MODIFY .");
        then(run("cat /shared/file")).isEqualTo("aftere");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        // THEN
        then(events()).contains("/shared ATTRIB file", "/shared/file ATTRIB .");
        then(run("stat -c %a /shared/file")).isEqualTo("600");
        // WHEN
        Files.delete(file);
        Files.delete(folder.resolve("dir"));
        // THEN
        then(events())
                .contains("/shared DELETE file", "/shared/file GONE .", "/shared DELETE/ dir", "/shared/dir GONE .");
        then(run("ls /shared | grep -v " + PROBE + " | wc -l")).isEqualTo("0");
    }

    @Test
    void what_is_emptied_has_no_byte_left() throws IOException {
        // GIVEN
        Path file = folder.resolve("file");
        Files.writeString(file, "before");
        then(run("cat /shared/file")).isEqualTo("before");
        watch("/shared");
        // WHEN
        Files.writeString(file, "");
        // THEN
        then(events()).contains("/shared MODIFY file");
        then(run("wc -c < /shared/file; stat -c %s /shared/file")).isEqualTo("0\n0");
    }

    @Test
    void moves_have_both_halves_and_one_cookie() throws IOException {
        // GIVEN
        Files.createDirectories(folder.resolve("one"));
        Files.createDirectories(folder.resolve("two"));
        Files.writeString(folder.resolve("one/file"), "moved");
        Files.createDirectories(folder.resolve("one/tree/deep"));
        run("cat /shared/one/file; ls -R /shared");
        watch("/shared/one", "/shared/two", "/shared");
        // WHEN
        Files.move(folder.resolve("one/file"), folder.resolve("one/renamed"));
        Files.move(folder.resolve("one/renamed"), folder.resolve("two/file"));
        Files.move(folder.resolve("one/tree"), folder.resolve("two/tree"));
        // THEN
        List<String> lines = lines();
        then(lines.stream().map(line -> line.substring(0, line.lastIndexOf(' '))))
                .containsExactly(
                        "/shared/one MOVED_FROM file",
                        "/shared/one MOVED_TO renamed",
                        "/shared/one MOVED_FROM renamed",
                        "/shared/two MOVED_TO file",
                        "/shared/one MOVED_FROM/ tree",
                        "/shared/two MOVED_TO/ tree");
        List<String> cookies = lines.stream()
                .map(line -> line.substring(line.lastIndexOf(' ')))
                .toList();
        then(cookies.stream().distinct()).hasSize(3).doesNotContain(" 0");
        then(cookies.get(0)).isEqualTo(cookies.get(1));
        then(cookies.get(2)).isEqualTo(cookies.get(3));
        then(cookies.get(4)).isEqualTo(cookies.get(5));
        then(run("cat /shared/two/file; find /shared/one /shared/two"))
                .isEqualTo("moved/shared/one\n/shared/two\n/shared/two/file\n/shared/two/tree\n/shared/two/tree/deep");
    }

    @Test
    void what_comes_from_outside_and_goes_there_is_made_and_deleted() throws IOException {
        // GIVEN
        Files.writeString(outside.resolve("file"), "from outside");
        Files.createDirectories(outside.resolve("tree/deep"));
        watch("/shared");
        // WHEN
        Files.move(outside.resolve("file"), folder.resolve("file"));
        Files.move(outside.resolve("tree"), folder.resolve("tree"));
        then(events()).containsExactly("/shared CREATE file", "/shared CREATE/ tree");
        then(run("cat /shared/file; ls /shared/tree")).isEqualTo("from outsidedeep");
        Files.move(folder.resolve("file"), outside.resolve("file"));
        Files.move(folder.resolve("tree"), outside.resolve("tree"));
        // THEN
        then(events()).endsWith("/shared DELETE file", "/shared DELETE/ tree");
        // WHEN it comes back
        Files.move(outside.resolve("tree"), folder.resolve("tree"));
        Files.createFile(folder.resolve("tree/new"));
        // THEN it is as good as before
        then(events()).endsWith("/shared CREATE/ tree");
        then(run("touch /shared/tree/more; ls /shared/tree")).isEqualTo("deep\nmore\nnew");
    }

    @Test
    void a_file_that_an_editor_saves_is_told_and_read() throws IOException {
        // GIVEN
        Path file = folder.resolve("file");
        Files.writeString(file, "version 0");
        watch("/shared");
        for (int version = 1; version <= 20; version++) {
            // WHEN
            Path temporary = folder.resolve("file.new" + version);
            Files.writeString(temporary, "version " + version);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            // THEN
            then(run("cat /shared/file")).isEqualTo("version " + version);
            then(events())
                    .contains(
                            "/shared CREATE file.new" + version,
                            "/shared MODIFY file.new" + version,
                            "/shared MOVED_FROM file.new" + version)
                    .endsWith("/shared MOVED_TO file");
            then(run("cat /shared/file; ls /shared | grep -v " + PROBE)).isEqualTo("version " + version + "file");
        }
    }

    @Test
    void who_watches_a_file_alone_is_told_that_another_has_taken_its_place() throws IOException {
        // GIVEN
        Path file = folder.resolve("file");
        Files.writeString(file, "before");
        watch("/shared", "/shared/file");
        // WHEN
        Files.writeString(folder.resolve("new"), "after");
        Files.move(folder.resolve("new"), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        // THEN
        then(events()).contains("/shared/file GONE .", "/shared MOVED_TO file");
        then(run("cat /shared/file")).isEqualTo("after");
    }

    @Test
    void what_the_guest_does_itself_is_told_once() throws IOException {
        // GIVEN
        Files.createDirectory(folder.resolve("dir"));
        watch("/shared", "/shared/dir");
        // WHEN
        run("""
                cd /shared
                for i in 1 2 3 4 5; do
                  : > f$i; echo x >> f$i; chmod 600 f$i; mv f$i dir/g$i; mkdir d$i; rmdir d$i; ln -s x l$i
                done
                rm dir/g*
                """);
        // THEN
        List<String> events = events();
        for (int i = 1; i <= 5; i++) {
            then(events.stream().filter(("/shared CREATE f" + i)::equals)).hasSize(1);
            then(events.stream().filter(("/shared MODIFY f" + i)::equals)).hasSize(1);
            then(events.stream().filter(("/shared ATTRIB f" + i)::equals)).hasSize(1);
            then(events.stream().filter(("/shared MOVED_FROM f" + i)::equals)).hasSize(1);
            then(events.stream().filter(("/shared/dir MOVED_TO g" + i)::equals)).hasSize(1);
            then(events.stream().filter(("/shared/dir DELETE g" + i)::equals)).hasSize(1);
        }
        then(events).hasSize(5 * 9);
    }

    @Test
    void while_everything_changes_and_is_told_the_guest_sees_what_is_there() throws IOException {
        // GIVEN programs that watch and that look at everything all the time
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        System.out.println("thaw.test.seed=" + seed);
        Files.createDirectory(folder.resolve("a"));
        Files.createDirectory(folder.resolve("b"));
        HostHand hand = new HostHand(folder, new Random(seed));
        watch("/shared", "/shared/a", "/shared/b");
        int reader = Integer.parseInt(run("while :; do find /shared -type f | xargs cat; ls -lR /shared; done"
                + " > /dev/null 2>&1 < /dev/null & echo $!"));
        try {
            for (int round = 0; round < 25; round++) {
                // WHEN
                for (int i = 0; i < 12; i++) {
                    hand.change();
                }
                share.sync();
                // THEN
                then(run("cd /shared; find . ! -name '" + PROBE + "*' | sort; find . -type f ! -name '" + PROBE
                                + "*' | sort | xargs -r cat"))
                        .as("round %d of seed %d", round, seed)
                        .isEqualTo(hand.expected(PROBE));
            }
        } finally {
            run("kill -9 " + reader);
        }
        then(events()).isNotEmpty();
    }

    @Test
    void whoever_wants_no_events_has_none() throws IOException {
        // GIVEN
        share.close();
        share = vm.share(ShareSpec.of(folder, "/shared").withoutEvents());
        begin("/shared");
        // WHEN
        Files.writeString(folder.resolve("file"), "from the host");
        share.sync();
        then(run("cat /shared/file; touch /shared/own")).isEqualTo("from the host");
        // THEN
        await("the guest's own").atMost(SOON).until(() -> run("cat /tmp/events").contains("own"));
        then(run("cat /tmp/events")).doesNotContain("file");
    }
}
