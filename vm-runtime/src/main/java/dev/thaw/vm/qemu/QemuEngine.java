// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.guest.Boot;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.engine.Machine;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Runs machines as QEMU processes. Thread-safe. */
public final class QemuEngine implements Engine {
    /** The engine's name in configuration and messages. */
    public static final String NAME = "qemu";

    private final QemuCommand command;
    private final ChildSpawner spawner;
    private final String identity;

    private QemuEngine(QemuProgram program, Accelerator accelerator, GuestClock clock) {
        this.command = new QemuCommand(program, accelerator, clock);
        this.spawner = new ChildSpawner("thaw-qemu-spawner");
        this.identity = NAME + " " + program.version() + ", " + accelerator.option() + ", cpu "
                + HostCpu.describe(accelerator) + clock.identity();
    }

    /**
     * Finds QEMU and the best accelerator that works here.
     *
     * @param boot what is tried to find out whether an accelerator works
     * @throws dev.thaw.vm.EngineUnavailableException if there is no QEMU, it is too old, or a given accelerator is not there
     */
    public static QemuEngine open(ThawConfig config, Boot boot) {
        QemuProgram program = QemuProgram.find(config.qemu());
        Path engineFolder = config.home().resolve("engine");
        Accelerator accelerator = new AcceleratorChoice(program, boot, engineFolder).choose(config.accel());
        return new QemuEngine(program, accelerator, GuestClock.of(accelerator, engineFolder));
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public Machine boot(MachineSpec spec, EventLoop loop, Deadline deadline) throws IOException {
        return QemuMachine.start(
                spec, loop, spawner, sockets -> command.boot(spec, sockets), Optional.empty(), deadline);
    }

    @Override
    public Machine restore(MachineSpec spec, Path deviceState, EventLoop loop, Deadline deadline) throws IOException {
        if (spec.scratch().isPresent() && spec.scratch().get().base().isPresent()) {
            QcowOverlay.create(spec.scratch().get().file(), spec.scratch().get().bytes());
        }
        QemuMachine machine = QemuMachine.start(
                spec, loop, spawner, sockets -> command.restore(spec, sockets), Optional.of(deviceState), deadline);
        try {
            machine.load(deadline);
            return machine;
        } catch (IOException | RuntimeException e) {
            machine.close();
            throw e;
        }
    }

    @Override
    public void close() {
        spawner.close();
    }
}
