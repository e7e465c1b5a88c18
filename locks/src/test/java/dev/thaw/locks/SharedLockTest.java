// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Locks that processes and threads share, or want alone. */
class SharedLockTest {
    private static final Duration SHORT = Duration.ofMillis(400);
    private static final Duration LONG = Duration.ofSeconds(25);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("a.lock");
    }

    private OtherProcess process(String how) throws Exception {
        OtherProcess jvm = OtherProcess.start(LockingProcess.class, file.toString(), how);
        then(jvm.line()).isEqualTo(how.equals("lock") ? "waiting" : "held");
        return jvm;
    }

    @Test
    void a_lock_is_shared_by_processes_and_threads_and_ends_with_a_killed_one() throws Exception {
        try (OtherProcess one = process("share");
                OtherProcess two = process("share");
                AutoCloseable mine = FileLocks.share(file, LONG);
                AutoCloseable mineToo = FileLocks.share(file, LONG)) {
            then(mine).isNotSameAs(mineToo);
            one.kill();
            two.kill();
        }
        FileLocks.lock(file, LONG).close();
    }

    @Test
    void a_share_ends_with_the_last_thread_that_has_it() throws Exception {
        AutoCloseable first = FileLocks.share(file, LONG);
        AutoCloseable second = FileLocks.share(file, LONG);
        try (OtherProcess jvm = process("lock")) {
            first.close();
            first.close();
            thenThrownBy(() -> FileLocks.lock(file, SHORT)).isInstanceOf(LockTimeoutException.class);
            second.close();
            then(jvm.line()).isEqualTo("held");
        }
    }

    @Test
    void whoever_waits_in_vain_to_share_is_told_who_has_it_alone() throws Exception {
        try (HeldLock lock = FileLocks.lock(file, LONG)) {
            lock.replace("process 1, sweeping");
            Files.writeString(folder.resolve("b.lock"), "process 1, sweeping");

            // THEN the name is not believed, as the kernel knows better
            thenThrownBy(() -> FileLocks.share(file, SHORT))
                    .isInstanceOf(LockTimeoutException.class)
                    .hasMessageContaining(holder(ProcessHandle.current().pid()));

            lock.replace("process " + ProcessHandle.current().pid() + ", sweeping");
            thenThrownBy(() -> FileLocks.share(file, SHORT))
                    .hasMessage("lock " + file + " is held: process "
                            + ProcessHandle.current().pid() + ", sweeping");
        }
    }

    private static String holder(long pid) {
        return "process " + pid + " (java)";
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whoever_waits_in_vain_for_a_lock_that_is_shared_is_told_by_whom() throws Exception {
        try (OtherProcess running = process("share");
                OtherProcess stopped = process("share")) {
            stopped.stop();

            thenThrownBy(() -> FileLocks.lock(file, SHORT))
                    .isInstanceOf(LockTimeoutException.class)
                    .hasMessageStartingWith("lock " + file + " is held: process ")
                    .hasMessageContaining(holder(running.pid()))
                    .hasMessageContaining(holder(stopped.pid()));
        }
    }

    @Test
    void what_a_killed_holder_wrote_is_forgotten_by_the_next_who_shares() throws Exception {
        Files.writeString(file, "process 1, sweeping");

        try (AutoCloseable share = FileLocks.share(file, LONG)) {
            then(share).isNotNull();
            then(file).isEmptyFile();
        }
    }

    @RepeatedTest(2)
    void whoever_wants_it_alone_is_not_kept_out_by_many_that_come_and_go() throws Exception {
        try (OtherProcess one = process("often");
                OtherProcess two = process("often")) {
            then(one.pid()).isNotEqualTo(two.pid());
            for (int i = 0; i < 3; i++) {
                FileLocks.lock(file, LONG).close();
            }
        }
    }

    @Test
    void whoever_waits_for_it_alone_does_not_keep_out_those_who_share() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (OtherProcess stopped = process("share");
                OtherProcess waiting = process("lock")) {
            stopped.stop();
            Callable<Boolean> here = () -> {
                FileLocks.lock(file, LONG).close();
                return true;
            };
            Future<Boolean> waitingHere = thread.submit(here);

            for (int i = 0; i < 5; i++) {
                FileLocks.share(file, LONG).close();
            }

            stopped.kill();
            then(waiting.line()).isEqualTo("held");
            waiting.kill();
            then(waitingHere.get(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            thread.shutdownNow();
        }
    }
}
