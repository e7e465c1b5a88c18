// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.guest.Boot;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Boots the guest's kernel with an accelerator to see whether that works here, and remembers the result for this QEMU,
 * kernel and host kernel.
 */
final class AcceleratorProbe {
    private static final Logger LOG = LoggerFactory.getLogger(AcceleratorProbe.class);
    /** What the agent writes to the console, and then powers off, if the kernel's command line has {@code thaw.probe}. */
    private static final String ALIVE = "thaw-agent: probe";

    private static final String WORKS = "works";
    private static final int MAX_OUTPUT_BYTES = 64 * 1024;

    private final QemuProgram program;
    private final Boot boot;
    private final Path memory;
    private final Duration timeout;

    AcceleratorProbe(QemuProgram program, Boot boot, Path memory, Duration timeout) {
        this.program = program;
        this.boot = boot;
        this.memory = memory;
        this.timeout = timeout;
    }

    boolean works(Accelerator accelerator) {
        Path result = memory.resolve(accelerator.option() + "-" + conditions(accelerator));
        try {
            Optional<String> known = Files.exists(result) ? Optional.of(Files.readString(result)) : Optional.empty();
            if (known.isPresent()) {
                return known.get().startsWith(WORKS);
            }
            String outcome = tryOut(accelerator);
            LOG.info(
                    "Guests {} with {}: {}.",
                    outcome.equals(WORKS) ? "run" : "do not run",
                    accelerator.option(),
                    outcome);
            Files.createDirectories(memory);
            Path written = Files.createTempFile(memory, "probe", ".tmp");
            Files.writeString(written, outcome + "\n");
            Files.move(written, result, StandardCopyOption.ATOMIC_MOVE);
            return outcome.equals(WORKS);
        } catch (IOException e) {
            LOG.warn(
                    "Could not find out whether {} works here; guests are emulated in software.",
                    accelerator.option(),
                    e);
            return false;
        }
    }

    /** Everything on which the result depends. */
    private String conditions(Accelerator accelerator) {
        String all = program + boot.kernelSha256() + System.getProperty("os.version") + HostCpu.describe(accelerator);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java runtime has SHA-256.", e);
        }
    }

    private String tryOut(Accelerator accelerator) throws IOException {
        Path output = Files.createTempFile("thaw-probe", ".log");
        try {
            Process process = new ProcessBuilder(
                            new QemuCommand(program, accelerator, GuestClock.of(accelerator, memory)).probe(boot))
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try {
                boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
                String text = readBounded(output);
                if (text.contains(ALIVE)) {
                    return WORKS;
                }
                return (ended ? "QEMU ended with status " + process.exitValue() : "no sign of life in " + timeout)
                        + lastLine(text);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("Interrupted while trying " + accelerator.option() + ".", e);
            } finally {
                process.destroyForcibly();
            }
        } finally {
            Files.delete(output);
        }
    }

    private static String readBounded(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.ISO_8859_1);
        }
    }

    private static String lastLine(String text) {
        return text.lines()
                .filter(line -> !line.isBlank())
                .reduce((first, second) -> second)
                .map(line -> " (" + line.strip() + ")")
                .orElse("");
    }
}
