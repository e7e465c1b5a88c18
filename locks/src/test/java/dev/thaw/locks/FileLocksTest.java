// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLocksTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private HeldLock take(Path file) throws IOException {
        LockAttempt attempt = FileLocks.attempt(file);
        then(attempt).isInstanceOf(HeldLock.class);
        return (HeldLock) attempt;
    }

    @Test
    void a_lock_is_had_by_one_and_tells_the_others_what_its_holder_wrote() throws IOException {
        Path file = folder.resolve("a.lock");
        try (HeldLock lock = take(file)) {
            lock.replace("someone else");
            lock.replace("me");
            lock.append(" and you");

            then(FileLocks.attempt(file)).isEqualTo(new LockAttempt.Busy("me and you"));
        }
        take(file).close();
    }

    @Test
    void waiting_in_vain_ends_with_what_the_holder_wrote() throws IOException {
        Path file = folder.resolve("a.lock");
        try (HeldLock lock = take(file)) {
            lock.replace("me");

            assertThatThrownBy(() -> FileLocks.lock(file, Duration.ofMillis(30)))
                    .isInstanceOf(LockTimeoutException.class)
                    .hasMessage("lock " + file + " is held: me");
        }
    }

    @Test
    void a_lock_may_be_given_up_by_another_thread_and_more_than_once() throws Exception {
        Path file = folder.resolve("a.lock");
        HeldLock lock = take(file);
        Thread other = new Thread(() -> {
            try (lock) {
                then(lock.content()).isEmpty();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        other.start();
        other.join(LONG.toMillis());

        lock.close();

        take(file).close();
        assertThatThrownBy(() -> lock.append("x"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("lock " + file + " has been given up");
    }

    @Test
    void only_an_existing_file_is_locked_where_that_is_asked_for() {
        Path file = folder.resolve("none.lock");

        assertThatThrownBy(() -> FileLocks.attemptExisting(file)).isInstanceOf(NoSuchFileException.class);
        then(file).doesNotExist();
    }

    @Test
    void an_interrupt_ends_the_wait_and_harms_no_held_lock() throws Exception {
        Path file = folder.resolve("a.lock");
        try (HeldLock lock = take(file)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> FileLocks.lock(file, LONG)).isInstanceOf(InterruptedException.class);

            // A channel would be closed by this, and the lock with it.
            Thread.currentThread().interrupt();
            lock.append("still here");

            then(Thread.interrupted()).isTrue();
            then(FileLocks.attempt(file)).isEqualTo(new LockAttempt.Busy("still here"));
        }
    }

    @Test
    void whoever_waits_for_a_file_that_is_deleted_gets_the_new_one() throws Exception {
        Path file = folder.resolve("a.lock");
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            AtomicInteger inside = new AtomicInteger();
            Callable<Void> deleteOften = () -> {
                for (int i = 0; i < 50; i++) {
                    HeldLock lock = FileLocks.lock(file, LONG);
                    then(inside.incrementAndGet()).isEqualTo(1);
                    then(Files.exists(file)).isTrue();
                    inside.decrementAndGet();
                    lock.delete();
                }
                return null;
            };
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(threads.submit(deleteOften));
            }
            for (Future<Void> one : all) {
                one.get(LONG.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        then(file).doesNotExist();
    }

    @Test
    void the_same_lock_through_another_class_loader_is_respected_and_survives_our_attempts() throws Exception {
        // GIVEN a copy of this package in another class loader, as some test tools make them
        Path file = folder.resolve("a.lock");
        try (OtherLoader other = new OtherLoader()) {
            AutoCloseable held = other.attempt(file);

            // WHEN we try and fail
            then(FileLocks.attempt(file)).isInstanceOf(LockAttempt.Busy.class);

            // THEN the kernel still has the other's lock: closing our file would have dropped it
            then(KernelLocks.of(ProcessHandle.current().pid(), file)).isEqualTo(1);
            held.close();
        }
        take(file).close();
        then(KernelLocks.of(ProcessHandle.current().pid(), file)).isZero();
    }
}
