// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import dev.thaw.guest.kernel.Durable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    private static final int MAX_BYTES = 256;
    private static final int START_TRIES = 3;
    private static final Duration START_PAUSE = Duration.ofMillis(20);
    private static final String KILOHERTZ = "[1-9][0-9]{0,17}";
    private static final Pattern REMEMBERED = Pattern.compile("(\\S+) (" + KILOHERTZ + ")\\s*");

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
            OptionalLong remembered = remembered(known, boot);
            if (remembered.isPresent()) {
                return remembered;
            }
            Files.createDirectories(cacheFolder);
            long measured = measure(cacheFolder);
            Durable.write(known, (boot + " " + measured + "\n").getBytes(StandardCharsets.US_ASCII));
            return OptionalLong.of(measured);
        } catch (IOException e) {
            LOG.warn("Could not measure the time stamp counter; guests have to do it themselves.", e);
            return OptionalLong.empty();
        }
    }

    /** Empty if it was another boot, or the file is damaged. */
    private static OptionalLong remembered(Path file, String boot) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES);
        } catch (NoSuchFileException e) {
            LOG.debug("Nothing is remembered in {}", file, e);
            return OptionalLong.empty();
        }
        Matcher line = REMEMBERED.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
        return line.matches() && line.group(1).equals(boot)
                ? OptionalLong.of(Long.parseLong(line.group(2)))
                : OptionalLong.empty();
    }

    private static long measure(Path folder) throws IOException {
        Path program = Files.createTempFile(folder, "host-tsc-", ".tmp", owner("rwx------"));
        Path output = Files.createTempFile(folder, "host-tsc-", ".out", owner("rw-------"));
        try (InputStream in = HostTsc.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IOException("no resource " + RESOURCE + " in the thaw-guest jar; build it with Maven");
            }
            Files.write(program, in.readAllBytes());
            String text = run(program, output);
            if (!text.matches(KILOHERTZ)) {
                throw new IOException(program + " said '" + text + "' instead of a number of kHz");
            }
            return Long.parseLong(text);
        } finally {
            try {
                Files.delete(program);
            } finally {
                Files.delete(output);
            }
        }
    }

    private static FileAttribute<?> owner(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }

    /** What it says, which it says to a file: reading a pipe would have no limit. */
    private static String run(Path program, Path output) throws IOException {
        Process process = start(new ProcessBuilder(program.toString())
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(output.toFile()));
        try {
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(program + " has not ended within " + TIMEOUT_SECONDS + " seconds");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + program + " ran", e);
        } finally {
            process.destroyForcibly();
        }
        String text;
        try (InputStream in = Files.newInputStream(output)) {
            text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1).strip();
        }
        if (process.exitValue() != 0) {
            throw new IOException(program + " failed with status " + process.exitValue() + " and said '" + text + "'");
        }
        return text;
    }

    /**
     * Another thread that starts a process at the same moment has a copy of the descriptor that the program was written
     * through, until its exec: "text file busy", soon over.
     */
    private static Process start(ProcessBuilder builder) throws IOException {
        IOException first = null;
        for (int tries = 0; tries < START_TRIES; tries++) {
            try {
                return builder.start();
            } catch (IOException e) {
                if (first == null) {
                    first = e;
                }
                LockSupport.parkNanos(START_PAUSE.toNanos());
            }
        }
        throw first;
    }
}
