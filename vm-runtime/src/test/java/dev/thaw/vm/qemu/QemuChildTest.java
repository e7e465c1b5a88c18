// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs in QEMU's place that write more than anybody wants to read. */
class QemuChildTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long LIMIT = 1 << 20;
    private static final long NOTE = 200;
    private static final int ROUNDS = 50;

    @TempDir
    private Path folder;

    private final ChildSpawner spawner = new ChildSpawner("thaw-child-test");

    @AfterEach
    void close() {
        spawner.close();
        then(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.equals("thaw-reader-test"));
    }

    private QemuChild start(Path file, String script) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", script).redirectInput(new File("/dev/null"));
        return QemuChild.start(spawner, builder, file, "thaw-reader-test");
    }

    @Test
    void a_flood_is_kept_to_its_limit_on_disk_and_holds_up_nobody() throws IOException {
        Path file = folder.resolve("log");
        // WHEN it writes three times as much as the file may hold
        try (QemuChild child = start(file, "yes warning | head -c 3145728; echo last words >&2; exit 3")) {
            // THEN it comes to its end, which is known
            then(child.endsWithin(PATIENCE)).isTrue();
            then(child.said()).endsWith("  | last words\n");
            then(child.said()).hasSizeLessThan(3 * 4096);
            then(child.describeEnd()).isEqualTo("QEMU ended with status 3.\n");
        }
        then(Files.size(file)).isBetween(LIMIT, LIMIT + NOTE);
    }

    @Test
    void last_words_are_whole_as_soon_as_the_child_has_ended() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            try (QemuChild child = start(folder.resolve("log" + round), "echo one; echo two >&2; kill -9 $$")) {
                then(child.endsWithin(PATIENCE)).isTrue();
                then(child.said()).as("round " + round).isEqualTo("  | one\n  | two\n");
                then(child.describeEnd()).isEqualTo("QEMU was ended by signal 9.\n");
            }
        }
    }

    @Test
    void one_that_chatters_for_ever_is_killed_in_the_middle_of_it() throws IOException {
        Path file = folder.resolve("log");
        QemuChild child = start(file, "exec yes warning");
        await("chatter").atMost(PATIENCE).until(() -> Files.size(file) >= LIMIT);
        // WHEN
        child.close();
        // THEN
        then(child.isAlive()).isFalse();
        then(Files.size(file)).isLessThanOrEqualTo(LIMIT + NOTE);
    }

    @Test
    void a_process_that_it_leaves_behind_with_its_output_keeps_nobody_waiting() throws IOException {
        // GIVEN a wrapper that ends before what it has started
        Path stop = folder.resolve("stop");
        String script = "(while [ ! -e '" + stop + "' ]; do sleep 0.1; done) & echo started; exit 1";
        try (QemuChild child = start(folder.resolve("log"), script)) {
            // WHEN THEN
            then(child.endsWithin(PATIENCE)).isTrue();
            then(child.said()).isEqualTo("  | started\n");
        } finally {
            Files.createFile(stop);
        }
        await("the reader's end")
                .atMost(PATIENCE)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("thaw-reader-test")));
    }
}
