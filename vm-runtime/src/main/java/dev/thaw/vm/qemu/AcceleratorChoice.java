// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.guest.Boot;
import dev.thaw.vm.EngineUnavailableException;
import dev.thaw.vm.ThawConfig.Accel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which accelerator works here. A device file says little: on many CI machines /dev/kvm exists and can't run a stock
 * kernel. So {@code auto} has the kernel tried, once, and the result remembered.
 */
final class AcceleratorChoice {
    private static final Logger LOG = LoggerFactory.getLogger(AcceleratorChoice.class);
    private static final Path KVM_DEVICE = Path.of("/dev/kvm");
    /** Generous: on an emulated machine with nested hardware help a boot takes a quarter of a minute. */
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(60);

    private final QemuProgram program;
    private final AcceleratorProbe probe;
    private final Path kvmDevice;

    /** @param engineFolder where results are remembered */
    AcceleratorChoice(QemuProgram program, Boot boot, Path engineFolder) {
        this(program, new AcceleratorProbe(program, boot, engineFolder, PROBE_TIMEOUT), KVM_DEVICE);
    }

    /** For tests, which need devices that are missing or closed, and less patience. */
    AcceleratorChoice(QemuProgram program, AcceleratorProbe probe, Path kvmDevice) {
        this.program = program;
        this.probe = probe;
        this.kvmDevice = kvmDevice;
    }

    /** @throws EngineUnavailableException if a given one is not there at all */
    Accelerator choose(Accel wanted) {
        return switch (wanted) {
            case TCG -> Accelerator.TCG;
            case KVM -> requireKvm();
            case HVF -> requireHvf();
            case AUTO -> best();
        };
    }

    private Accelerator best() {
        Accelerator hardware = isMac() ? Accelerator.HVF : Accelerator.KVM;
        if (hardware == Accelerator.KVM && !isKvmAccessible()) {
            LOG.debug("{} can't be opened; guests are emulated in software.", kvmDevice);
            return Accelerator.TCG;
        }
        return probe.works(hardware) ? hardware : Accelerator.TCG;
    }

    private Accelerator requireKvm() {
        if (!isKvmAccessible()) {
            throw new EngineUnavailableException(
                    QemuEngine.NAME,
                    "thaw.accel is kvm, but " + kvmDevice
                            + (Files.exists(kvmDevice)
                                    ? " can't be opened for reading and writing"
                                    : " does not exist"),
                    "Add the user to the group 'kvm' or load the kvm module, or set thaw.accel (THAW_ACCEL) to auto or tcg.",
                    null);
        }
        return Accelerator.KVM;
    }

    /** Not verified: no macOS machine was at hand. QEMU itself says so if it has no hvf. */
    private Accelerator requireHvf() {
        if (!isMac()) {
            throw new EngineUnavailableException(
                    QemuEngine.NAME,
                    "thaw.accel is hvf, which only macOS has (" + program.path() + " runs on "
                            + System.getProperty("os.name") + ")",
                    "Set thaw.accel (THAW_ACCEL) to auto, kvm or tcg.",
                    null);
        }
        return Accelerator.HVF;
    }

    private boolean isKvmAccessible() {
        return Files.isReadable(kvmDevice) && Files.isWritable(kvmDevice);
    }

    private static boolean isMac() {
        return System.getProperty("os.name").startsWith("Mac");
    }
}
