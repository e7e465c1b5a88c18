// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static dev.thaw.vm.testing.Specs.WEB_PORT;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Baked;
import dev.thaw.vm.testing.Specs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Test classes that run in parallel start the same VM at the same time. */
class ParallelStartsTest {
    private static final int THREADS = 8;
    private static final int PATIENCE_SECONDS = 300;
    /** {@code -Dtest.argLine=-Dthaw.test.rounds=50} goes on with what is baked by then. */
    private static final int ROUNDS = Integer.getInteger("thaw.test.rounds", 1);

    private ExecutorService threads;

    @BeforeEach
    void startThreads() {
        threads = Executors.newFixedThreadPool(THREADS);
    }

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    /** Runs the task in all threads, which wait for each other before they begin. */
    private <T> List<T> atOnce(Callable<T> task) throws Exception {
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<Future<T>> futures = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            futures.add(threads.submit(() -> {
                start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                return task.call();
            }));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
            results.add(future.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
        return results;
    }

    @Test
    void eight_threads_that_start_what_nobody_has_baked_get_one_bake_and_eight_vms() throws Exception {
        try (Baked baked = new Baked();
                Thaw thaw = Thaw.open()) {
            VmSpec spec = baked.anew(Specs.web());
            for (int round = 0; round < ROUNDS; round++) {
                // WHEN
                List<Vm> vms = atOnce(() -> thaw.start(spec));
                // THEN
                then(vms.stream().filter(vm -> vm.startReport().baked()))
                        .as("bakes in round " + round)
                        .hasSize(round == 0 ? 1 : 0);
                thenEachIsItsOwn(vms);
                thenAllCloseAtOnce(vms);
            }
        }
    }

    private static void thenEachIsItsOwn(List<Vm> vms) {
        then(vms).extracting(Vm::id).doesNotHaveDuplicates();
        then(vms).extracting(vm -> vm.port(WEB_PORT).getPort()).doesNotHaveDuplicates();
        then(vms).extracting(vm -> vm.exec("cat", "/etc/machine-id").stdout()).doesNotHaveDuplicates();
        for (Vm vm : vms) {
            then(vm.exec("cat", "/etc/hostname").stdout().strip()).isEqualTo(vm.id());
        }
    }

    private void thenAllCloseAtOnce(List<Vm> vms) throws Exception {
        List<Path> folders =
                vms.stream().map(vm -> vm.logs().file().getParent()).toList();
        List<Vm> left = new ArrayList<>(vms);
        atOnce(() -> {
            Vm vm;
            synchronized (left) {
                vm = left.remove(0);
            }
            vm.close();
            return vm;
        });
        then(folders).noneMatch(Files::exists);
        then(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> vms.stream().anyMatch(vm -> name.contains(vm.id())));
        then(ProcessHandle.current()
                        .descendants()
                        .map(child -> child.info().commandLine().orElse("")))
                .noneMatch(line -> vms.stream().anyMatch(vm -> line.contains(vm.id())));
    }
}
