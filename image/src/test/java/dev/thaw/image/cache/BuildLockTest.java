// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
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

/** What the kernel says about the lock is what other JVMs see of it. */
class BuildLockTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    Path folder;

    @Test
    void one_who_has_no_patience_goes_on_without_the_lock_and_its_holder_keeps_it() throws Exception {
        Path file = folder.resolve("lock");
        try (BuildLock holder = BuildLock.acquire(file, LONG, "testing", () -> false)) {
            then(holder.isHeld()).isTrue();
            // WHEN, also by another name of the file
            Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
            for (Path name : new Path[] {file, link.resolve("lock")}) {
                try (BuildLock other = BuildLock.acquire(name, Duration.ofMillis(1), "testing", () -> false)) {
                    then(other.isHeld()).isFalse();
                }
            }
            // THEN
            then(locksOf(file)).isEqualTo(1);
        }
        then(locksOf(file)).isZero();
    }

    @Test
    void one_who_is_interrupted_leaves_the_lock_to_its_holder() throws Exception {
        Path file = folder.resolve("lock");
        try (BuildLock holder = BuildLock.acquire(file, LONG, "testing", () -> false)) {
            // GIVEN
            Callable<BuildLock> wait = () -> BuildLock.acquire(file, LONG, "testing", () -> false);
            FutureTask<BuildLock> waiting = new FutureTask<>(wait);
            Thread thread = new Thread(waiting, "waiting for the build lock");
            thread.start();
            Awaitility.await("the other thread waits")
                    .atMost(LONG)
                    .until(() -> thread.getState() == Thread.State.TIMED_WAITING);
            // WHEN
            thread.interrupt();
            thenThrownBy(() -> waiting.get(1, TimeUnit.MINUTES))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
            // THEN
            then(holder.isHeld()).isTrue();
            then(locksOf(file)).isEqualTo(1);
        }
        // AND the next one gets it
        try (BuildLock next = BuildLock.acquire(file, LONG, "testing", () -> false)) {
            then(next.isHeld()).isTrue();
        }
    }

    @Test
    void the_lock_of_another_class_loader_is_not_lost_either() throws Exception {
        // GIVEN somebody in this JVM who does not know of our gates
        Path file = folder.resolve("lock");
        try (FileChannel foreign = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            foreign.lock();
            // WHEN
            try (BuildLock ours = BuildLock.acquire(file, Duration.ofMillis(1), "testing", () -> false)) {
                then(ours.isHeld()).isFalse();
            }
            // THEN
            then(locksOf(file)).isEqualTo(1);
        }
        try (BuildLock next = BuildLock.acquire(file, LONG, "testing", () -> false)) {
            then(next.isHeld()).isTrue();
        }
    }

    @Test
    void nobody_waits_for_work_that_is_done() throws Exception {
        Path file = folder.resolve("lock");
        try (FileChannel foreign = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            foreign.lock();
            try (BuildLock ours = BuildLock.acquire(file, LONG, "testing", () -> true)) {
                then(ours.isHeld()).isFalse();
            }
        }
    }

    /** Lines of /proc/locks are {@code N: POSIX ADVISORY WRITE pid major:minor:inode first last}. */
    private static long locksOf(Path file) throws IOException {
        String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
        String ourselves = " " + ProcessHandle.current().pid() + " ";
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .filter(line -> line.contains(ourselves) && line.contains(inode))
                .count();
    }
}
