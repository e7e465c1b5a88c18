// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.vm.testing.Specs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** VMs whose end nobody asked for, and such whose end two threads ask for. */
class EndedVmTest {
    private static final int PATIENCE_SECONDS = 30;
    private static final int THREADS = 2;

    @Test
    void a_vm_whose_machine_was_killed_says_so_to_every_command_after_that() throws Exception {
        try (Thaw thaw = Thaw.open();
                Vm vm = thaw.start(Specs.web())) {
            // GIVEN
            killQemu(vm);
            // WHEN THEN
            for (int i = 0; i < 2; i++) {
                thenThrownBy(() -> vm.exec("true"))
                        .isInstanceOf(GuestException.class)
                        .hasMessageStartingWith("The command [true] in " + vm.id() + " failed: ")
                        .hasMessageContaining("its machine has ended")
                        .hasMessageEndingWith("QEMU was ended by signal 9.\n");
            }
        }
    }

    @Test
    void a_command_that_panics_the_kernel_is_told_with_the_panic() {
        try (Thaw thaw = Thaw.open();
                Vm vm = thaw.start(Specs.web())) {
            // GIVEN a command that nobody would wait for
            ExecSpec panic = ExecSpec.of("sh", "-c", "echo c >/proc/sysrq-trigger; sleep 5000")
                    .withTimeout(Duration.ofHours(1));
            // WHEN THEN
            thenThrownBy(() -> vm.exec(panic))
                    .isInstanceOf(GuestException.class)
                    .hasMessageContaining("its machine has ended")
                    .hasMessageContaining("The end of the console:")
                    .hasMessageContaining("Kernel panic - not syncing: sysrq triggered crash")
                    .hasMessageContaining("the guest's kernel has switched its machine off or reset it.");
        }
    }

    @Test
    void a_command_in_a_vm_that_was_closed_says_only_that() {
        try (Thaw thaw = Thaw.open()) {
            Vm vm = thaw.start(Specs.web());
            vm.close();
            thenThrownBy(() -> vm.exec("true"))
                    .isInstanceOf(GuestException.class)
                    .hasMessageNotContainingAny("QEMU", "signal", "\n");
        }
    }

    @Test
    void two_threads_that_close_everything_each_find_nothing_left_of_it() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        Thaw thaw = Thaw.open();
        try {
            // GIVEN
            List<Path> folders = new ArrayList<>();
            Vm vm = thaw.start(Specs.web());
            folders.add(vm.logs().file().getParent());
            folders.add(thaw.start(Specs.web()).logs().file().getParent());
            CyclicBarrier start = new CyclicBarrier(THREADS);
            // WHEN one closes a VM and then all, and the other one all at once
            List<Future<Boolean>> left = List.of(
                    pool.submit(() -> {
                        start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                        vm.close();
                        thaw.close();
                        return folders.stream().anyMatch(Files::exists);
                    }),
                    pool.submit(() -> {
                        start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                        thaw.close();
                        return folders.stream().anyMatch(Files::exists);
                    }));
            // THEN
            for (Future<Boolean> one : left) {
                then(one.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isFalse();
            }
        } finally {
            thaw.close();
            pool.shutdownNow();
        }
    }

    private static void killQemu(Vm vm) throws Exception {
        try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
            ProcessHandle qemu = children.filter(
                            child -> child.info().commandLine().orElse("").contains("thaw-" + vm.id()))
                    .findFirst()
                    .orElseThrow();
            then(qemu.destroyForcibly()).isTrue();
            qemu.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }
}
