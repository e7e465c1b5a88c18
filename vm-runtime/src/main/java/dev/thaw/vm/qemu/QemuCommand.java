// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.guest.Boot;
import dev.thaw.vm.engine.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * QEMU's command line for a machine of type {@code microvm}. What is frozen with one command line can only be restored
 * with the same, but for sharing and {@code -incoming}; so everything that a VM may ever need is there from the start.
 */
final class QemuCommand {
    /** The name under which the agent finds its port. Source: docs/guest-channel.md. */
    private static final String CHANNEL_PORT = "dev.thaw.channel";

    static final String MACHINE_TYPE = "microvm";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final QemuProgram program;
    private final Accelerator accelerator;
    private final GuestClock clock;

    QemuCommand(QemuProgram program, Accelerator accelerator, GuestClock clock) {
        this.program = program;
        this.accelerator = accelerator;
        this.clock = clock;
    }

    /** The arguments to boot a machine whose memory file is shared, so that it is the snapshot's memory. */
    List<String> boot(MachineSpec spec, QemuSockets sockets) {
        List<String> arguments = arguments(spec, sockets, true);
        arguments.addAll(kernel(spec.kernel(), spec.initramfs(), spec.commandLine()));
        return arguments;
    }

    /**
     * The arguments for a machine that waits for its state, on a private mapping of the memory file. Its kernel is in
     * there: to load it once more would take 15 ms.
     */
    List<String> restore(MachineSpec spec, QemuSockets sockets) {
        List<String> arguments = arguments(spec, sockets, false);
        arguments.addAll(List.of("-incoming", "defer"));
        return arguments;
    }

    /** The arguments to boot the kernel and the agent alone, with the console on standard output. */
    List<String> probe(Boot boot) {
        List<String> arguments = new ArrayList<>(dieWithParent());
        arguments.addAll(base());
        arguments.addAll(List.of("-machine", MACHINE_TYPE + ",acpi=on", "-m", "256M"));
        arguments.addAll(kernel(boot.kernel(), boot.initramfs(), "console=ttyS0 quiet panic=-1 reboot=t thaw.probe"));
        arguments.addAll(List.of("-serial", "stdio"));
        return arguments;
    }

    private List<String> base() {
        return List.of(
                program.path().toString(),
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-no-reboot",
                "-accel",
                accelerator.option(),
                "-cpu",
                accelerator.cpuModel());
    }

    private List<String> kernel(Path kernel, Path initramfs, String commandLine) {
        return List.of(
                "-kernel",
                kernel.toString(),
                "-initrd",
                initramfs.toString(),
                "-append",
                commandLine + clock.kernelParameters());
    }

    private List<String> arguments(MachineSpec spec, QemuSockets sockets, boolean shared) {
        List<String> arguments = new ArrayList<>(dieWithParent());
        arguments.addAll(base());
        arguments.addAll(List.of("-name", "thaw-" + spec.id()));
        arguments.addAll(List.of("-machine", MACHINE_TYPE + ",acpi=on,memory-backend=mem"));
        arguments.addAll(List.of("-smp", Integer.toString(spec.cpus())));
        arguments.addAll(List.of("-m", spec.memoryBytes() / (1 << 20) + "M"));
        arguments.addAll(List.of("-object", memory(spec, shared)));
        arguments.addAll(socket("qmp", sockets.qmp().path()));
        arguments.addAll(List.of("-mon", "chardev=qmp,mode=control"));
        arguments.addAll(socket("console", sockets.console().path()));
        arguments.addAll(List.of("-serial", "chardev:console"));
        arguments.addAll(List.of("-blockdev", disk(spec.disk()), "-device", "virtio-blk-device,drive=root"));
        arguments.addAll(socket("channel", sockets.channel().path()));
        arguments.addAll(List.of("-device", "virtio-serial-device"));
        arguments.addAll(List.of("-device", "virtserialport,chardev=channel,name=" + CHANNEL_PORT));
        return arguments;
    }

    /** On Linux a child ends with its parent even before its guest runs. Elsewhere the guest powers off by itself. */
    private static List<String> dieWithParent() {
        Optional<Path> setpriv = List.of(Path.of("/usr/bin/setpriv"), Path.of("/bin/setpriv")).stream()
                .filter(Files::isExecutable)
                .findFirst();
        return setpriv.map(path -> List.of(path.toString(), "--pdeathsig", "KILL", "--"))
                .orElse(List.of());
    }

    private static String memory(MachineSpec spec, boolean shared) {
        return JSON.createObjectNode()
                .put("qom-type", "memory-backend-file")
                .put("id", "mem")
                .put("size", spec.memoryBytes())
                .put("mem-path", spec.memory().toString())
                .put("share", shared)
                .toString();
    }

    private static String disk(Path file) {
        ObjectNode source = JSON.createObjectNode()
                .put("driver", "file")
                .put("filename", file.toString())
                .put("locking", "off");
        ObjectNode disk = JSON.createObjectNode()
                .put("driver", "raw")
                .put("node-name", "root")
                .put("read-only", true);
        disk.set("file", source);
        return disk.toString();
    }

    private static List<String> socket(String id, Path path) {
        // In this option syntax a comma ends a value unless it is doubled.
        return List.of(
                "-chardev", "socket,id=" + id + ",path=" + path.toString().replace(",", ",,"));
    }
}
