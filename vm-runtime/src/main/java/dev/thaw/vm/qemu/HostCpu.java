// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which CPU a guest sees. Emulated, it depends on nothing but QEMU's version; otherwise it is the host's, and what was
 * frozen on one host may not run on another.
 */
final class HostCpu {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    /** Fields of /proc/cpuinfo that stay the same while a machine runs, unlike its speed. */
    private static final Set<String> LASTING =
            Set.of("vendor_id", "cpu family", "model", "stepping", "flags", "microcode");

    private HostCpu() {}

    static String describe(Accelerator accelerator) {
        if (accelerator == Accelerator.TCG) {
            return accelerator.cpuModel();
        }
        if (Files.isReadable(CPU_INFO)) {
            return accelerator.cpuModel() + " " + hashOfFirstProcessor();
        }
        // macOS, not verified there: a machine's hypervisor shows the CPU as the system's version defines it.
        return accelerator.cpuModel() + " " + System.getProperty("os.arch") + " " + System.getProperty("os.name") + " "
                + System.getProperty("os.version");
    }

    private static String hashOfFirstProcessor() {
        try {
            List<String> lines = Files.readAllLines(CPU_INFO);
            TreeMap<String, String> fields = lines.stream()
                    .takeWhile(line -> !line.isBlank())
                    .map(line -> line.split(":", 2))
                    .filter(field -> field.length == 2 && LASTING.contains(field[0].strip()))
                    .collect(Collectors.toMap(
                            field -> field[0].strip(), field -> field[1].strip(), (a, b) -> a, TreeMap::new));
            return ShortHash.of(fields.toString());
        } catch (IOException e) {
            throw new IllegalStateException("Can't find out which CPU this is from " + CPU_INFO, e);
        }
    }
}
