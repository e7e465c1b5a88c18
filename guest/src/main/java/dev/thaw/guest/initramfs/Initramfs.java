// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.initramfs;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.GuestKernelException;
import dev.thaw.guest.kernel.Durable;
import dev.thaw.guest.kernel.GuestKernel;
import dev.thaw.guest.kernel.KernelModule;
import dev.thaw.guest.kernel.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The archive for one kernel: {@code /init}, the modules in {@code /lib/modules}, and {@code /lib/modules/order}, which
 * tells the agent in which order to load them. Not compressed: docs/guest.md has the measurement.
 */
public final class Initramfs {
    private static final String MODULES = "lib/modules";

    private final byte[] archive;
    private final String sha256;

    private Initramfs(byte[] archive) {
        this.archive = archive;
        this.sha256 = Sha256.of(archive);
    }

    public static Initramfs build(GuestKernel kernel, Architecture architecture) throws IOException {
        CpioWriter cpio = new CpioWriter()
                .program("init", agent(architecture))
                .folder("lib")
                .folder(MODULES);
        StringBuilder order = new StringBuilder();
        for (KernelModule module : kernel.modules()) {
            String name = module.name() + ".ko";
            cpio.file(MODULES + "/" + name, module.bytes());
            order.append(name).append('\n');
        }
        cpio.file(MODULES + "/order", order.toString().getBytes(StandardCharsets.US_ASCII));
        return new Initramfs(cpio.finish());
    }

    private static byte[] agent(Architecture architecture) throws IOException {
        String resource = "/dev/thaw/guest/" + architecture.id() + "/agent";
        try (InputStream in = Initramfs.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new GuestKernelException(
                        "The agent is missing from the thaw-guest jar: no resource " + resource + ".",
                        "The jar was built without its agent; build it with Maven, which calls make.",
                        null);
            }
            return in.readAllBytes();
        }
    }

    /** Of the archive, 64 lower-case hexadecimal digits. */
    public String sha256() {
        return sha256;
    }

    byte[] archive() {
        return archive.clone();
    }

    /** The archive as a file of the folder, named by its content, so that it is written once. */
    public Path publish(Path folder) throws IOException {
        Path file = folder.resolve(sha256 + ".cpio");
        if (!isThere(file)) {
            Files.createDirectories(folder);
            Durable.write(file, archive);
        }
        return file;
    }

    /** Compared as a whole: its two megabytes take a millisecond, and what VMs boot is named by this hash. */
    private boolean isThere(Path file) throws IOException {
        return Files.isRegularFile(file)
                && Files.size(file) == archive.length
                && Arrays.equals(Files.readAllBytes(file), archive);
    }
}
