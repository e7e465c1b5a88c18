// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.engine.ChangedMemory;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.memory.ComparedMemory;
import dev.thaw.vm.memory.ProcessMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a restored machine's state while it is stopped. A migration would do it as well, but sends all of the memory that is not
 * shared with its file, and a private mapping never is.
 *
 * <p>The firmware's 64 KiB are memory of their own, which is in neither: a copy gets them from its QEMU, as they were before the
 * machine's boot. Nothing reads them after it.
 */
final class QemuCheckpoint {
    private static final Logger LOG = LoggerFactory.getLogger(QemuCheckpoint.class);
    private static final String SAVE = "xen-save-devices-state";
    private static final String SAVED_FILE = "devices.saved";

    private final MachineSpec spec;
    private final GuestPhysical.Commands commands;

    QemuCheckpoint(MachineSpec spec, GuestPhysical.Commands commands) {
        this.spec = spec;
        this.commands = commands;
    }

    /** Writes the state of all devices of a stopped machine, so that it can be restored. */
    void saveDevices(Path deviceState) throws IOException {
        Path saved = spec.runFolder().resolve(SAVED_FILE);
        try {
            commands.run(SAVE, Map.of("filename", saved.toString(), "live", false));
            DeviceState.complete(
                    saved,
                    deviceState,
                    QemuCommand.MACHINE_TYPE,
                    QemuMachine.IGNORE_SHARED,
                    StateReceiver.MAX_STATE_BYTES);
        } catch (QmpClient.UnknownCommandException e) {
            throw new IOException(
                    "This QEMU can't save a running machine's devices: it has no " + SAVE
                            + ". Install one that has, such as 7.2.",
                    e);
        } finally {
            Files.deleteIfExists(saved);
        }
    }

    /**
     * Finds the pages of a stopped machine that have changed.
     *
     * @param proc where Linux shows its processes
     */
    ChangedMemory changedMemory(Path proc, long pid) throws IOException {
        try {
            return ProcessMemory.open(proc, pid, spec.memory(), spec.memoryBytes());
        } catch (IOException e) {
            LOG.debug("{} shows nothing of process {}, so {}'s memory is compared.", proc, pid, spec.id(), e);
            return comparedMemory();
        }
    }

    /** The same for systems that do not tell: macOS, and containers that keep processes from each other. */
    ChangedMemory comparedMemory() throws IOException {
        return ComparedMemory.open(GuestPhysical.of(commands), spec.memory(), spec.memoryBytes(), spec.runFolder());
    }
}
