// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    Path folder;

    @Test
    void one_who_waits_in_vain_says_so_and_leaves_the_lock_to_its_holder() throws Exception {
        Path file = folder.resolve("lock");
        try (FolderLock holder = FolderLock.take(file, LONG)) {
            then(holder).isNotNull();
            thenThrownBy(() -> FolderLock.take(file, Duration.ofMillis(1)))
                    .isInstanceOf(IOException.class)
                    .hasMessageMatching(".*lock was not free within 0 minutes\\. Its holder: process "
                            + ProcessHandle.current().pid() + ", thread '.*', preparing a kernel since .*");
            then(anotherJvmGets(file)).isFalse();
        }
        then(anotherJvmGets(file)).isTrue();
    }

    @Test
    void one_who_is_interrupted_leaves_the_lock_to_its_holder() throws Exception {
        Path file = folder.resolve("lock");
        try (FolderLock holder = FolderLock.take(file, LONG)) {
            then(holder).isNotNull();
            // GIVEN
            Callable<FolderLock> wait = () -> FolderLock.take(file, LONG);
            FutureTask<FolderLock> waiting = new FutureTask<>(wait);
            Thread thread = new Thread(waiting, "waiting for the folder's lock");
            thread.start();
            Awaitility.await("the other thread waits")
                    .atMost(LONG)
                    .until(() -> thread.getState() == Thread.State.TIMED_WAITING);
            // WHEN
            thread.interrupt();
            thenThrownBy(() -> waiting.get(1, TimeUnit.MINUTES))
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("interrupted while waiting for the lock " + file);
            // THEN
            then(anotherJvmGets(file)).isFalse();
        }
        // AND the next one gets it
        FolderLock.take(file, LONG).close();
    }

    @Test
    void the_lock_of_another_class_loader_is_waited_for_and_not_lost() throws Exception {
        // GIVEN somebody in this JVM who does not know of our gates
        Path file = folder.resolve("lock");
        try (FileChannel foreign = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            foreign.lock();
            thenThrownBy(() -> FolderLock.take(file, Duration.ofMillis(1)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("process " + ProcessHandle.current().pid());
            then(anotherJvmGets(file)).isFalse();
        }
        FolderLock.take(file, LONG).close();
    }

    private static boolean anotherJvmGets(Path file) throws Exception {
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherJvm.class.getName(),
                        file.toString())
                .inheritIO()
                .start();
        then(jvm.waitFor(1, TimeUnit.MINUTES)).isTrue();
        then(jvm.exitValue()).isIn(0, OtherJvm.LOCKED);
        return jvm.exitValue() == 0;
    }

    /** Tries to lock the file, and tells by its status whether it could. */
    static final class OtherJvm {
        static final int LOCKED = 3;

        private OtherJvm() {}

        public static void main(String[] args) throws IOException {
            try (FileChannel channel = FileChannel.open(Path.of(args[0]), StandardOpenOption.WRITE)) {
                System.exit(channel.tryLock() == null ? LOCKED : 0);
            }
        }
    }
}
