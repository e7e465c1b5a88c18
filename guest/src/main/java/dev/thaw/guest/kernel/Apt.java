// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.GuestKernelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Downloads a kernel's package with the machine's own apt, which checks its signature. Needs no root. */
final class Apt {
    private static final Duration ASK = Duration.ofMinutes(1);
    private static final Duration DOWNLOAD = Duration.ofMinutes(15);
    private static final int OUTPUT_KEPT = 2000;

    private final Architecture architecture;
    private final Path folder;

    /** @param folder an empty one of the caller's; the package is left in it */
    Apt(Architecture architecture, Path folder) {
        this.architecture = architecture;
        this.folder = folder;
    }

    /** The downloaded package. */
    Path download() throws IOException {
        String name = newestKernel();
        String output = run(DOWNLOAD, "apt-get", "download", name);
        try (DirectoryStream<Path> packages = Files.newDirectoryStream(folder, "*.deb")) {
            for (Path file : packages) {
                return file;
            }
        }
        throw unavailable("apt-get download " + name + " left no package in " + folder + ": " + output, null);
    }

    /** The meta package depends on the kernel of the day, whose name carries its version. */
    private String newestKernel() throws IOException {
        String output = run(ASK, "apt-cache", "depends", architecture.kernelPackage());
        Matcher kernel = Pattern.compile(
                        "Depends: (linux-image-[0-9][a-z0-9.+-]*-cloud-" + architecture.debianName() + ")")
                .matcher(output);
        if (!kernel.find()) {
            throw unavailable(
                    "apt-cache depends " + architecture.kernelPackage() + " names no kernel package: " + output, null);
        }
        return kernel.group(1);
    }

    private String run(Duration limit, String... command) throws IOException {
        Path log = folder.resolve("output.txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(log.toFile());
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw unavailable("There is no " + command[0] + " on this machine (" + e.getMessage() + ").", e);
        }
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw unavailable(
                        String.join(" ", command) + " has not ended within " + limit.toMinutes() + " minutes: "
                                + tail(log),
                        null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable("The wait for " + String.join(" ", command) + " was interrupted.", e);
        } finally {
            process.destroyForcibly();
        }
        String output = tail(log);
        if (process.exitValue() != 0) {
            throw unavailable(
                    String.join(" ", command) + " failed with status " + process.exitValue() + ": " + output, null);
        }
        return output;
    }

    private static String tail(Path log) throws IOException {
        String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
        return text.length() <= OUTPUT_KEPT ? text : text.substring(text.length() - OUTPUT_KEPT);
    }

    private GuestKernelException unavailable(String what, Throwable cause) {
        return new GuestKernelException(
                "No kernel for guests could be downloaded. " + what,
                String.format(
                        Locale.ROOT,
                        "If apt has no package lists, run \"apt-get update\" as root. Otherwise download the Debian "
                                + "package that %s depends on (linux-image-VERSION-cloud-%s) by hand, and set the "
                                + "property thaw.kernel or the variable THAW_KERNEL to the .deb file, or to a vmlinuz "
                                + "with its modules beside it.",
                        architecture.kernelPackage(),
                        architecture.debianName()),
                cause);
    }
}
