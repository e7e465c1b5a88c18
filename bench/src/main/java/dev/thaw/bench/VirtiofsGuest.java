// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The peer: virtiofsd with its defaults, and a QEMU with its device. Kernel, initramfs, the kernel's command line, accelerator,
 * CPU, memory and root disk are those of a machine of Thaw's.
 */
final class VirtiofsGuest implements SharingGuest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern ROOT = Pattern.compile("\"filename\":\"([^\"]+)\"");

    private final Path folder;
    private final Path scratch;
    private final List<Process> processes = new ArrayList<>();
    private final ShareDriver driver;

    /**
     * What to boot.
     *
     * @param kernel an image
     * @param initramfs begins the guest with {@code /peer-init}
     * @param commandLine the kernel's
     * @param machine QEMU's arguments for a machine of Thaw's
     */
    record Boot(Path kernel, Path initramfs, String commandLine, List<String> machine) {
        private String option(String name) {
            return machine.get(machine.indexOf(name) + 1);
        }

        private String disk() {
            Matcher root = ROOT.matcher(option("-blockdev"));
            if (!root.find()) {
                throw new IllegalStateException("There is no root disk in " + machine);
            }
            return root.group(1);
        }
    }

    VirtiofsGuest(Path virtiofsd, Path folder, Path scratch, Boot boot) throws IOException {
        this.folder = folder;
        this.scratch = scratch;
        try {
            Path files = scratch.resolve("virtiofsd.sock");
            start(
                    "virtiofsd",
                    List.of(
                            virtiofsd.toString(),
                            "--socket-path=" + files,
                            "-o",
                            "source=" + folder,
                            "-o",
                            "sandbox=chroot",
                            "-f"));
            await(files);
            Path port = scratch.resolve("driver.sock");
            start("qemu", command(boot, files, port));
            await(port);
            driver = new ShareDriver(SocketChannel.open(UnixDomainSocketAddress.of(port)));
        } catch (IOException | RuntimeException e) {
            close();
            throw new IOException("The peer does not start. " + said("virtiofsd") + said("qemu"), e);
        }
    }

    private String said(String name) throws IOException {
        Path log = log(name);
        return Files.exists(log) ? name + " said:\n" + Files.readString(log) + "\n" : "";
    }

    private Path log(String name) {
        return scratch.resolve(name + ".log");
    }

    private static List<String> command(Boot boot, Path files, Path port) {
        String memory = boot.option("-m");
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-nodefaults", "-no-user-config"));
        command.addAll(List.of("-display", "none", "-no-reboot", "-serial", "stdio"));
        for (String same : List.of("-accel", "-cpu", "-smp", "-m")) {
            command.addAll(List.of(same, boot.option(same)));
        }
        command.addAll(List.of("-machine", "microvm,acpi=on,memory-backend=mem"));
        command.addAll(List.of("-object", "memory-backend-memfd,id=mem,share=on,size=" + memory));
        command.addAll(List.of("-kernel", boot.kernel.toString(), "-initrd", boot.initramfs.toString()));
        command.addAll(List.of("-append", boot.commandLine + " rdinit=/peer-init"));
        command.addAll(List.of("-drive", "if=none,id=root,format=raw,readonly=on,file=" + boot.disk()));
        command.addAll(List.of("-device", "virtio-blk-device,drive=root"));
        command.addAll(List.of("-chardev", "socket,id=driver,server=on,wait=off,path=" + port));
        command.addAll(
                List.of("-device", "virtio-serial-device", "-device", "virtserialport,chardev=driver,name=driver"));
        // Of virtio-mmio's two versions QEMU offers the older one by default, which its device for files does not do.
        command.addAll(List.of("-global", "virtio-mmio.force-legacy=false"));
        command.addAll(List.of("-chardev", "socket,id=files,path=" + files));
        command.addAll(List.of("-device", "vhost-user-fs-device,chardev=files,tag=share"));
        return command;
    }

    private void start(String name, List<String> command) throws IOException {
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(name).toFile())
                .start());
    }

    private void await(Path socket) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(socket)) {
            boolean ended = processes.stream().anyMatch(process -> !process.isAlive());
            if (ended || System.nanoTime() > deadline) {
                throw new IOException(socket + " does not appear.");
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public Path folder() {
        return folder;
    }

    @Override
    public ShareDriver driver() {
        return driver;
    }

    @Override
    public void close() {
        if (driver != null) {
            try {
                driver.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                endAll();
            }
        } else {
            endAll();
        }
    }

    private void endAll() {
        for (Process process : processes) {
            process.destroyForcibly();
        }
        for (Process process : processes) {
            try {
                process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
