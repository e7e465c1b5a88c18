// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.guest.Boot;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.engine.Scratch;
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

    /** The name under which the agent's relay finds its port. Source: docs/shared-folders.md. */
    private static final String SHARES_PORT = "dev.thaw.shares";

    static final String MACHINE_TYPE = "microvm";

    /** The scratch disk's serial number, and its name in QEMU. Source of the former: docs/guest.md. */
    static final String SCRATCH = "scratch";

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
        // The serial numbers tell the agent which is which.
        arguments.addAll(List.of("-blockdev", disk(spec.disk())));
        arguments.addAll(List.of("-device", "virtio-blk-device,drive=root,serial=root"));
        spec.scratch().ifPresent(scratch -> arguments.addAll(scratch(scratch)));
        arguments.addAll(socket("channel", sockets.channel().path()));
        arguments.addAll(socket("shares", sockets.shares().path()));
        arguments.addAll(List.of("-device", "virtio-serial-device"));
        // In this order: a guest that has found its channel knows whether it has a port for shared folders.
        arguments.addAll(List.of("-device", "virtserialport,chardev=shares,name=" + SHARES_PORT));
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
        return readOnly(file).put("node-name", "root").toString();
    }

    private static ObjectNode readOnly(Path file) {
        ObjectNode disk = JSON.createObjectNode().put("driver", "raw").put("read-only", true);
        disk.set("file", file(file));
        return disk;
    }

    /** Nobody else opens these files for writing, and locks would have to be handed over at a freeze. */
    private static ObjectNode file(Path file) {
        return JSON.createObjectNode()
                .put("driver", "file")
                .put("filename", file.toString())
                .put("locking", "off");
    }

    /**
     * What the guest frees and zeros becomes holes. What it flushes is only handed to the host's kernel, as it is fsynced when it
     * is settled, and gone after a power cut otherwise. When the host can't write, the machine stops: a guest that is told of an
     * error would go on with half of its data, and its service fail in ways that say nothing about the host's disk.
     */
    private static List<String> scratch(Scratch scratch) {
        ObjectNode disk = JSON.createObjectNode().put("node-name", SCRATCH);
        ObjectNode source = file(scratch.file());
        for (ObjectNode node : List.of(disk, source)) {
            node.put("discard", "unmap");
            node.putObject("cache").put("direct", false).put("no-flush", true);
        }
        disk.put("detect-zeroes", "unmap").set("file", source);
        disk.put("driver", scratch.base().isPresent() ? "qcow2" : "raw");
        scratch.base().ifPresent(base -> disk.set("backing", readOnly(base)));
        return List.of(
                "-blockdev",
                disk.toString(),
                "-device",
                "virtio-blk-device,drive=" + SCRATCH + ",serial=" + SCRATCH + ",werror=stop,rerror=stop");
    }

    private static List<String> socket(String id, Path path) {
        // In this option syntax a comma ends a value unless it is doubled.
        return List.of(
                "-chardev", "socket,id=" + id + ",path=" + path.toString().replace(",", ",,"));
    }
}
