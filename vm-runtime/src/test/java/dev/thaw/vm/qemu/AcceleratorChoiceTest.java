// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.Boot;
import dev.thaw.guest.GuestKit;
import dev.thaw.vm.EngineUnavailableException;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.ThawConfig.Accel;
import dev.thaw.vm.testing.Logged;
import dev.thaw.vm.testing.QemuScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Which accelerator is taken, with QEMUs and devices that do what the test wants. */
@EnabledOnOs(OS.LINUX)
class AcceleratorChoiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** A setting of the kernel that everybody can read and nobody can write, not even root. */
    private static final Path READ_ONLY = Path.of("/proc/sys/kernel/osrelease");

    private static Boot boot;

    @TempDir
    private Path folder;

    private Path device;

    @BeforeAll
    static void prepare() {
        ThawConfig config = ThawConfig.load();
        boot = GuestKit.prepare(config.home().resolve("guest"), config.kernel(), Architecture.X86_64);
    }

    @BeforeEach
    void makeDevice() throws IOException {
        device = Files.createFile(folder.resolve("kvm"));
    }

    private AcceleratorChoice choice(QemuProgram program, Path kvmDevice, Duration timeout) {
        return new AcceleratorChoice(
                program, new AcceleratorProbe(program, boot, folder.resolve("engine"), timeout), kvmDevice);
    }

    private static QemuProgram find(Path program) {
        return QemuProgram.find(Optional.of(program.toString()));
    }

    private List<String> remembered() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("engine"))) {
            List<Path> all = files.toList();
            then(all).allMatch(file -> file.getFileName().toString().startsWith("kvm-"));
            return all.stream().map(AcceleratorChoiceTest::read).toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(file + " can't be read", e);
        }
    }

    @Test
    void kvm_by_force_without_the_device_says_so_and_what_to_do() {
        Path missing = folder.resolve("missing");
        AcceleratorChoice choice = choice(QemuProgram.find(Optional.empty()), missing, PATIENCE);
        thenThrownBy(() -> choice.choose(Accel.KVM))
                .isInstanceOf(EngineUnavailableException.class)
                .hasMessage("qemu engine unavailable: thaw.accel is kvm, but " + missing + " does not exist. Add the"
                        + " user to the group 'kvm' or load the kvm module, or set thaw.accel (THAW_ACCEL) to auto or"
                        + " tcg.");
    }

    @Test
    void kvm_by_force_with_a_device_for_others_only_says_so_and_what_to_do() {
        AcceleratorChoice choice = choice(QemuProgram.find(Optional.empty()), READ_ONLY, PATIENCE);
        thenThrownBy(() -> choice.choose(Accel.KVM))
                .isInstanceOf(EngineUnavailableException.class)
                .hasMessageContaining("but " + READ_ONLY + " can't be opened for reading and writing. Add the user to");
    }

    @Test
    void kvm_by_force_is_not_tried_first() throws IOException {
        // GIVEN a QEMU that would fail
        QemuScript qemu = QemuScript.in(folder, "exit 1");
        // WHEN THEN whoever says kvm gets kvm
        then(choice(find(qemu.path()), device, PATIENCE).choose(Accel.KVM)).isEqualTo(Accelerator.KVM);
        then(qemu.starts()).isZero();
    }

    @Test
    void hvf_by_force_is_refused_on_linux() {
        ThawConfig config = ThawConfig.load(name -> Optional.of("hvf").filter(value -> name.equals("thaw.accel")));
        thenThrownBy(() -> QemuEngine.open(config, boot))
                .isInstanceOf(EngineUnavailableException.class)
                .hasMessageContaining("thaw.accel is hvf, which only macOS has")
                .hasMessageContaining("runs on Linux")
                .hasMessageEndingWith("Set thaw.accel (THAW_ACCEL) to auto, kvm or tcg.");
    }

    @Test
    void without_a_usable_device_nothing_is_tried() throws IOException {
        QemuScript qemu = QemuScript.in(folder, "exit 1");
        then(choice(find(qemu.path()), folder.resolve("missing"), PATIENCE).choose(Accel.AUTO))
                .isEqualTo(Accelerator.TCG);
        then(choice(find(qemu.path()), READ_ONLY, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        then(qemu.starts()).isZero();
    }

    @Test
    void a_device_that_does_not_run_the_kernel_is_tried_once_and_the_reason_remembered() throws IOException {
        // GIVEN a QEMU that gives up as QEMU does
        QemuScript qemu = QemuScript.in(folder, "echo 'Assertion failed.' >&2; exit 134");
        // WHEN it is chosen twice, as by two JVMs
        then(choice(find(qemu.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        then(choice(find(qemu.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        // THEN
        then(qemu.starts()).isEqualTo(1);
        then(remembered()).containsExactly("QEMU ended with status 134 (Assertion failed.)\n");
    }

    @Test
    void a_qemu_that_ends_without_a_word_is_remembered_with_its_status() throws IOException {
        QemuScript qemu = QemuScript.in(folder, "exit 0");
        then(choice(find(qemu.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        then(remembered()).containsExactly("QEMU ended with status 0\n");
    }

    @Test
    void a_qemu_that_hangs_is_ended_and_not_waited_for_again() throws IOException {
        // GIVEN
        QemuScript qemu = QemuScript.in(folder, "echo booting; exec sleep 86401");
        // WHEN
        Duration brief = Duration.ofMillis(500);
        then(choice(find(qemu.path()), device, brief).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        then(choice(find(qemu.path()), device, brief).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        // THEN
        then(qemu.starts()).isEqualTo(1);
        then(remembered()).containsExactly("no sign of life in PT0.5S (booting)\n");
        then(ProcessHandle.current().descendants())
                .noneMatch(child -> child.info().commandLine().orElse("").contains("sleep 86401"));
    }

    @Test
    void a_failure_is_forgotten_after_a_day_and_a_success_is_not() throws IOException {
        // GIVEN a machine that was too busy, more than a day ago
        QemuScript busy = QemuScript.in(folder, "exec sleep 86403");
        Duration brief = Duration.ofMillis(500);
        then(choice(find(busy.path()), device, brief).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        ageRemembered();
        // WHEN it is no longer
        QemuScript idle = QemuScript.in(folder, "echo 'thaw-agent: probe'; exit 0");
        then(choice(find(idle.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.KVM);
        then(remembered()).containsExactly("works\n");
        // THEN
        ageRemembered();
        then(choice(find(idle.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.KVM);
        then(idle.starts()).isEqualTo(2);
    }

    @Test
    void a_failure_is_told_each_time_with_the_file_that_remembers_it() throws IOException {
        // GIVEN
        QemuScript qemu = QemuScript.in(folder, "exit 7");
        then(choice(find(qemu.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        Path file;
        try (Stream<Path> files = Files.list(folder.resolve("engine"))) {
            file = files.findFirst().orElseThrow();
        }
        // WHEN another JVM goes by it
        try (Logged logged = new Logged(AcceleratorProbe.class.getName())) {
            then(choice(find(qemu.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
            // THEN
            then(logged.messages())
                    .containsExactly("Guests are emulated in software, as they do not run with kvm: QEMU ended with"
                            + " status 7. This is tried again 24 h after it was found out, or at once if " + file
                            + " is deleted.");
        }
    }

    private void ageRemembered() throws IOException {
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofHours(25)));
        try (Stream<Path> files = Files.list(folder.resolve("engine"))) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, longAgo);
            }
        }
    }

    @Test
    void a_qemu_that_was_replaced_is_tried_anew() throws IOException {
        // GIVEN one that does not work
        QemuScript old = QemuScript.in(folder, "exit 1");
        then(choice(find(old.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.TCG);
        // WHEN another version comes in its place, which works
        QemuScript.in(folder, "99.0.1", "echo 'thaw-agent: probe'; exit 0");
        // THEN
        then(choice(find(old.path()), device, PATIENCE).choose(Accel.AUTO)).isEqualTo(Accelerator.KVM);
        then(remembered()).containsExactlyInAnyOrder("QEMU ended with status 1\n", "works\n");
    }

    @Test
    void a_kernel_that_runs_counts_as_a_sign_of_life() {
        // GIVEN the real QEMU and kernel, with the one accelerator that works everywhere
        QemuProgram program = QemuProgram.find(Optional.empty());
        AcceleratorProbe probe = new AcceleratorProbe(program, boot, folder.resolve("engine"), PATIENCE);
        // WHEN THEN
        then(probe.works(Accelerator.TCG)).isTrue();
    }

    @Test
    void the_cpu_is_part_of_the_engines_identity() {
        then(HostCpu.describe(Accelerator.TCG)).isEqualTo("max,-erms,-fsrm");
        then(HostCpu.describe(Accelerator.KVM))
                .matches("host [0-9a-f]{16}")
                .isEqualTo(HostCpu.describe(Accelerator.KVM));
    }
}
