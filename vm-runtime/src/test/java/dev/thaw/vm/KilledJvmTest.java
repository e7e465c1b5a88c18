// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.Specs;
import dev.thaw.vm.testing.VmProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However a JVM ends, its VMs end with it, and the next one works. */
class KilledJvmTest {
    private static final Duration SOON = Duration.ofSeconds(3);
    private static final Duration START = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private Process jvm;

    @AfterEach
    void end() {
        if (jvm != null) {
            jvm.destroyForcibly();
        }
    }

    private List<ProcessHandle> machines() {
        return jvm.descendants()
                .filter(child -> child.info().command().orElse("").contains("qemu-system"))
                .toList();
    }

    private static boolean anyAlive(List<ProcessHandle> processes) {
        return processes.stream().anyMatch(ProcessHandle::isAlive);
    }

    @Test
    void killed_during_a_test_it_leaves_no_machine_and_the_next_jvm_cleans_up() throws IOException {
        // GIVEN a JVM with a thawed VM
        Path output = folder.resolve("output");
        try (Thaw thaw = Thaw.open()) {
            thaw.bake(Specs.onDisk());
        }
        jvm = VmProcess.start(output, "thaw");
        await("the VM").atMost(START).until(() -> Files.readString(output).contains(VmProcess.THAWED));
        List<ProcessHandle> machines = machines();
        then(machines).hasSize(1);
        Path runFolder = Path.of(Files.readString(output)
                .lines()
                .filter(line -> line.startsWith(VmProcess.THAWED))
                .findFirst()
                .orElseThrow()
                .substring(VmProcess.THAWED.length()));
        Path instances = ThawConfig.load().home().resolve("snapshots/instances");
        then(instances).isNotEmptyDirectory();
        // WHEN
        jvm.destroyForcibly();
        // THEN
        await("the machine's end").atMost(SOON).until(() -> !anyAlive(machines));
        // AND the next one has removed what was left, and works
        try (Thaw thaw = Thaw.open()) {
            then(instances).isEmptyDirectory();
            then(runFolder).doesNotExist();
            Vm vm = thaw.start(Specs.onDisk());
            then(vm.exec("true").exitCode()).isZero();
        }
    }

    @Test
    void killed_during_a_bake_it_leaves_no_machine_and_no_snapshot() throws IOException {
        // GIVEN a JVM that bakes something new
        String argument = Long.toString(System.nanoTime());
        jvm = VmProcess.start(folder.resolve("output"), "bake", argument);
        await("the machine").atMost(START).until(() -> !machines().isEmpty());
        List<ProcessHandle> machines = machines();
        // WHEN
        jvm.destroyForcibly();
        // THEN
        await("the machine's end").atMost(SOON).until(() -> !anyAlive(machines));
        // AND the next one bakes again, and leaves no draft
        try (Thaw thaw = Thaw.open()) {
            then(thaw.bake(VmProcess.spec(argument))).isTrue();
        }
        Path store = ThawConfig.load().home().resolve("snapshots");
        try (Stream<Path> files = Files.walk(store)) {
            then(files.filter(file -> file.getFileName().toString().equals("memory.raw")))
                    .isEmpty();
        }
    }
}
