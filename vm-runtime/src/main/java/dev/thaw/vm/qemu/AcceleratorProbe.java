// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.guest.Boot;
import dev.thaw.vm.log.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Boots the guest's kernel with an accelerator to see whether that works here, and remembers the result for this QEMU,
 * kernel and host kernel: success for good, failure for a day.
 */
final class AcceleratorProbe {
    private static final Logger LOG = LoggerFactory.getLogger(AcceleratorProbe.class);
    /** What the agent writes to the console, and then powers off, if the kernel's command line has {@code thaw.probe}. */
    private static final String ALIVE = "thaw-agent: probe";

    private static final String WORKS = "works";
    /**
     * A machine that was busy, short of memory or set up wrongly for a while fails like one that can't, so no failure is
     * remembered for ever. It is for a day, as a probe that has to be given up takes a minute.
     */
    private static final Duration FAILURE_LASTS = Duration.ofDays(1);

    private static final int MAX_OUTPUT_BYTES = 64 * 1024;

    private final QemuProgram program;
    private final Boot boot;
    private final Path engineFolder;
    private final Duration timeout;

    AcceleratorProbe(QemuProgram program, Boot boot, Path engineFolder, Duration timeout) {
        this.program = program;
        this.boot = boot;
        this.engineFolder = engineFolder;
        this.timeout = timeout;
    }

    boolean works(Accelerator accelerator) {
        Path result = engineFolder.resolve(accelerator.option() + "-" + ShortHash.of(conditions(accelerator)));
        try {
            Optional<String> known = recall(result);
            String outcome = known.isPresent() ? known.get() : tryOut(accelerator);
            if (known.isEmpty()) {
                remember(result, outcome);
            }
            if (!outcome.equals(WORKS)) {
                LOG.info(
                        "Guests are emulated in software, as they do not run with {}: {}. This is tried again {} h after"
                                + " it was found out, or at once if {} is deleted.",
                        accelerator.option(),
                        outcome,
                        FAILURE_LASTS.toHours(),
                        result);
            } else if (known.isEmpty()) {
                LOG.info("Guests run with {}.", accelerator.option());
            }
            return outcome.equals(WORKS);
        } catch (IOException e) {
            LOG.warn(
                    "Could not find out whether {} works here; guests are emulated in software.",
                    accelerator.option(),
                    e);
            return false;
        }
    }

    /** What was found out before, unless it is a failure that is no longer to be relied on. */
    private static Optional<String> recall(Path result) throws IOException {
        try {
            Instant found = Files.getLastModifiedTime(result).toInstant();
            String outcome = read(result).strip();
            Duration age = Duration.between(found, Instant.now());
            boolean fresh = !age.isNegative() && age.compareTo(FAILURE_LASTS) < 0;
            return outcome.equals(WORKS) || fresh ? Optional.of(outcome) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static String read(Path result) throws IOException {
        try (InputStream in = Files.newInputStream(result)) {
            return new String(in.readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.UTF_8);
        }
    }

    private void remember(Path result, String outcome) throws IOException {
        Files.createDirectories(engineFolder);
        Path written = Files.createTempFile(engineFolder, "probe", ".tmp");
        Files.writeString(written, outcome + "\n");
        Files.move(written, result, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Everything on which the result depends and that can be told beforehand. */
    private String conditions(Accelerator accelerator) {
        return program + boot.kernelSha256() + System.getProperty("os.version") + HostCpu.describe(accelerator);
    }

    private String tryOut(Accelerator accelerator) throws IOException {
        GuestClock clock = GuestClock.of(accelerator, engineFolder);
        List<String> command = new QemuCommand(program, accelerator, clock).probe(boot);
        try {
            BriefRun run = BriefRun.of(command, timeout, MAX_OUTPUT_BYTES);
            if (run.output().contains(ALIVE)) {
                return WORKS;
            }
            return (run.ended() ? "QEMU ended with status " + run.status() : "no sign of life in " + timeout)
                    + lastLine(run.output());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while trying " + accelerator.option() + ".", e);
        }
    }

    private static String lastLine(String text) {
        return text.lines()
                .filter(line -> !line.isBlank())
                .reduce((first, second) -> second)
                .map(line -> " (" + Printable.of(line.strip()) + ")")
                .orElse("");
    }
}
