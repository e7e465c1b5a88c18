// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildSpawnerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final String SLEEP_SECONDS = "86402";

    @TempDir
    private Path folder;

    private final ChildSpawner spawner = new ChildSpawner("thaw-spawner-test");

    @AfterEach
    void close() {
        spawner.close();
    }

    @Test
    void a_child_that_starts_after_its_caller_was_interrupted_is_killed() throws Exception {
        // GIVEN a child whose start takes until somebody writes to what it will read
        Path pipe = folder.resolve("pipe");
        then(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        ProcessBuilder slow = new ProcessBuilder("sleep", SLEEP_SECONDS).redirectInput(pipe.toFile());
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller = new Thread(() -> start(slow, thrown), "caller");
        caller.start();
        await("the start").atMost(PATIENCE).until(() -> isSpawnerReading());
        // WHEN
        caller.interrupt();
        caller.join(PATIENCE.toMillis());
        then(thrown.get()).isInstanceOf(InterruptedIOException.class).hasMessageContaining("the start of [sleep");
        try (OutputStream writer = Files.newOutputStream(pipe)) {
            then(writer).isNotNull();
            // THEN the next child comes after the late one was started, which is no more
            Process next = spawner.start(new ProcessBuilder("true").redirectInput(new File("/dev/null")));
            then(next.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            await("the late child's end").atMost(PATIENCE).until(() -> !isSleeping());
        }
    }

    @Test
    void a_program_that_is_none_fails_with_the_reason() {
        ProcessBuilder missing = new ProcessBuilder(folder.resolve("missing").toString());
        thenThrownBy(() -> spawner.start(missing))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Cannot run program")
                .hasMessageContaining("No such file or directory");
    }

    private void start(ProcessBuilder builder, AtomicReference<Throwable> thrown) {
        try {
            spawner.start(builder);
        } catch (IOException e) {
            thrown.set(e);
        }
    }

    /** Whether it has come as far as opening the pipe. */
    private static boolean isSpawnerReading() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(entry -> entry.getKey().getName().equals("thaw-spawner-test"))
                .flatMap(entry -> Stream.of(entry.getValue()))
                .anyMatch(frame -> frame.getClassName().equals(ProcessBuilder.class.getName()));
    }

    private static boolean isSleeping() {
        try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
            return children.anyMatch(
                    child -> child.info().commandLine().orElse("").endsWith("sleep " + SLEEP_SECONDS));
        }
    }
}
