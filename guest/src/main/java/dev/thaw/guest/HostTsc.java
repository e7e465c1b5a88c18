// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import dev.thaw.guest.kernel.Durable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How fast this machine's time stamp counter ticks. An emulated x86 guest counts the host's ticks, so its kernel has to
 * be told, and what was frozen at one frequency can't be thawed at another. Thread-safe and safe among processes.
 */
public final class HostTsc {
    private static final Logger LOG = LoggerFactory.getLogger(HostTsc.class);
    private static final String RESOURCE = "/dev/thaw/guest/x86_64/host-tsc";
    private static final Path HOST_BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final int TIMEOUT_SECONDS = 30;
    private static final int MAX_OUTPUT_BYTES = 64;

    private HostTsc() {}

    /**
     * The frequency in kHz, measured once per boot of the host, in some 60 ms. Empty where that can't be done (not
     * Linux on x86-64, or programs can't be run from the folder); guests then find it out by themselves, which can
     * fail on a busy machine.
     *
     * @param cacheFolder made if it does not exist; the result is remembered there
     */
    public static OptionalLong kilohertz(Path cacheFolder) {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            return OptionalLong.empty();
        }
        try {
            String boot = Files.readString(HOST_BOOT_ID).strip();
            Path known = cacheFolder.resolve("host-tsc-khz");
            Optional<Long> remembered = remembered(known, boot);
            if (remembered.isPresent()) {
                return OptionalLong.of(remembered.get());
            }
            Files.createDirectories(cacheFolder);
            long measured = measure(cacheFolder);
            Durable.write(known, (boot + " " + measured + "\n").getBytes(StandardCharsets.US_ASCII));
            return OptionalLong.of(measured);
        } catch (IOException | NumberFormatException e) {
            LOG.warn("Could not measure the time stamp counter; guests have to do it themselves.", e);
            return OptionalLong.empty();
        }
    }

    private static Optional<Long> remembered(Path file, String boot) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        String[] words = Files.readString(file).strip().split(" ", -1);
        return words.length == 2 && words[0].equals(boot) ? Optional.of(Long.valueOf(words[1])) : Optional.empty();
    }

    private static long measure(Path folder) throws IOException {
        Path program = Files.createTempFile(
                folder,
                "host-tsc-",
                ".tmp",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (InputStream in = HostTsc.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IOException("no resource " + RESOURCE + " in the thaw-guest jar; build it with Maven");
            }
            Files.write(program, in.readAllBytes());
            return Long.parseLong(run(program).strip());
        } finally {
            Files.delete(program);
        }
    }

    private static String run(Path program) throws IOException {
        Process process = new ProcessBuilder(program.toString())
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .start();
        try {
            String output =
                    new String(process.getInputStream().readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.US_ASCII);
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(program + " failed and said '" + output + "'");
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + program + " ran", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
