// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.vm.ExecResult;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.Vm;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.Wait;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Thaw's own: a VM with a shared folder. */
final class ThawGuest implements SharingGuest {
    private static final int PORT = 7000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String START = "cp /share/driver /tmp/driver && " + "(setsid /tmp/driver tcp " + PORT
            + " /share < /dev/null > /dev/null 2> /tmp/driver.log &)";

    private final Path folder;
    private final Thaw thaw = Thaw.open();
    private final Vm vm;
    private final ShareDriver driver;

    /**
     * Bakes it if need be, and starts it and the driver.
     *
     * @param folder has the driver's program, named so
     */
    ThawGuest(Path images, Path folder, String memory) throws IOException {
        this.folder = folder;
        vm = thaw.start(VmSpec.of("oci:" + images.resolve("judges"))
                .port(PORT)
                .memory(memory)
                .waitFor(Wait.exec("true"))
                .share(folder, "/share"));
        output("sh", "-c", START);
        driver = connect();
    }

    /** The forwarder accepts before it knows whether anybody listens in the guest. */
    private ShareDriver connect() throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            SocketChannel channel = SocketChannel.open(vm.port(PORT));
            try {
                return new ShareDriver(channel);
            } catch (IOException e) {
                channel.close();
                if (System.nanoTime() > deadline) {
                    throw new IOException(
                            "The driver does not listen in the guest: " + output("cat", "/tmp/driver.log"), e);
                }
            }
        }
    }

    /** What a command in the guest prints. */
    String output(String... command) {
        ExecResult result = vm.exec(command);
        if (result.exitCode() != 0) {
            throw new IllegalStateException(List.of(command) + " in the guest: " + result);
        }
        return result.stdout().strip();
    }

    /** What the machine's QEMU was started with. */
    List<String> machine() {
        return ProcessHandle.current()
                .descendants()
                .flatMap(process -> process.info().arguments().stream())
                .map(List::of)
                .filter(arguments -> arguments.contains("-accel"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("There is no QEMU among this process's children."));
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
    public void close() throws IOException {
        try (thaw;
                vm) {
            driver.close();
        }
    }
}
