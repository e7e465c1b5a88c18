// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.Specs;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A service that writes without end harms neither the host nor the test's patience. */
class FloodTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long MEMORY_LIMIT = 4L << 20;
    private static final long FILE_LIMIT = 64L << 20;
    private static final long CONSOLE_PART = 100_000;
    private static final long NOTE = 200;

    private static Thaw thaw;

    @BeforeAll
    static void open() {
        thaw = Thaw.open();
    }

    @AfterAll
    static void close() {
        thaw.close();
    }

    /** Rests until {@code /tmp/flood} is there, so that a bake does not wait for it to come to rest. */
    private static VmSpec flooder() {
        return Specs.script(
                        "echo resting; while [ ! -e /tmp/flood ]; do sleep 0.1; done; exec yes " + "flood".repeat(50))
                .waitFor(Wait.log("resting"));
    }

    @Test
    void a_flood_of_output_is_kept_to_its_limits_while_the_vm_goes_on_answering() throws Exception {
        try (Vm vm = thaw.start(flooder())) {
            // GIVEN somebody who follows the log
            AtomicLong followed = new AtomicLong();
            vm.logs().follow(line -> followed.incrementAndGet());
            // WHEN
            then(vm.exec("touch", "/tmp/flood").exitCode()).isZero();
            await("more than the memory holds")
                    .atMost(PATIENCE)
                    .until(() ->
                            vm.logs().lines().get(0).text().contains("lines before this one are not kept in memory"));
            // THEN
            for (int i = 0; i < 5; i++) {
                then(vm.exec("echo", "here").stdout()).isEqualTo("here\n");
            }
            then(vm.logs().lines().stream()
                            .mapToLong(line -> line.text().length())
                            .sum())
                    .isLessThan(MEMORY_LIMIT);
            then(Files.size(vm.logs().file())).isLessThanOrEqualTo(FILE_LIMIT + NOTE);
            then(followed.get()).isPositive();
            thenAnInterruptEndsACommand(vm);
        }
    }

    /** As a test's own timeout does. */
    private static void thenAnInterruptEndsACommand(Vm vm) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Thread test = new Thread(() -> {
            try {
                vm.exec(ExecSpec.of("sleep", "54321").withTimeout(Duration.ofHours(1)));
            } catch (GuestException e) {
                thrown.set(e);
            }
            flag.set(Thread.currentThread().isInterrupted());
        });
        test.start();
        await("the command").atMost(PATIENCE).until(() -> sleepers(vm).equals("1"));
        test.interrupt();
        test.join(PATIENCE.toMillis());
        then(test.isAlive()).isFalse();
        then(thrown.get()).hasMessageContaining("Interrupted while waiting for its end.");
        then(flag.get()).isTrue();
        await("the command's end").atMost(PATIENCE).until(() -> sleepers(vm).equals("0"));
    }

    private static String sleepers(Vm vm) {
        return vm.exec("sh", "-c", "ps | grep '[s]leep 54321' | wc -l").stdout().strip();
    }

    @Test
    void waiting_for_a_line_that_never_comes_in_a_flood_ends_in_time() {
        VmSpec spec = Specs.busybox("yes", "flood").waitFor(Wait.log("never")).bakeTimeout(Duration.ofSeconds(8));
        thenThrownBy(() -> thaw.bake(spec))
                .isInstanceOf(NotReadyException.class)
                .hasMessageContaining("did not get ready within 8 s. Waited for the log to match 'never' 1 times")
                .hasMessageContaining("| flood\n");
    }

    /** That its file has a limit is a matter of minutes here, as this console is slow: see ConsoleReaderTest. */
    @Test
    void a_flood_of_the_console_holds_up_nothing() {
        try (Vm vm = thaw.start(flooder())) {
            // WHEN
            then(vm.exec("sh", "-c", "yes console >/dev/console 2>/dev/null </dev/null & exit 0")
                            .exitCode())
                    .isZero();
            await("a part of the flood").atMost(PATIENCE).until(() -> Files.size(vm.console()) > CONSOLE_PART);
            // THEN
            for (int i = 0; i < 5; i++) {
                then(vm.exec("echo", "here").stdout()).isEqualTo("here\n");
            }
            then(vm.console()).content().contains("console\r\nconsole\r\n");
        }
    }
}
