// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.EngineUnavailableException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The QEMU that is installed here. */
record QemuProgram(Path path, QemuVersion version) {
    private static final String NAME = "qemu-system-x86_64";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int MAX_VERSION_BYTES = 4096;

    /**
     * Finds QEMU and asks for its version.
     *
     * @param configured a path, or a name to look for in PATH
     * @throws EngineUnavailableException if there is none, or it is too old
     */
    static QemuProgram find(Optional<String> configured) {
        String name = configured.orElse(NAME);
        Path path = locate(name);
        String text = askVersion(path);
        QemuVersion version = QemuVersion.parse(text)
                .orElseThrow(() -> unavailable(
                        path + " --version says '" + text.strip() + "', which is no QEMU version",
                        "Set thaw.qemu (THAW_QEMU) to a QEMU system emulator.",
                        null));
        if (version.compareTo(QemuVersion.OLDEST) < 0) {
            throw unavailable(
                    path + " is QEMU " + version + ", and Thaw needs " + QemuVersion.OLDEST + " or newer",
                    "Install a newer QEMU and set thaw.qemu (THAW_QEMU) to it if it is not the first in PATH.",
                    null);
        }
        return new QemuProgram(path, version);
    }

    private static Path locate(String name) {
        if (name.indexOf('/') >= 0) {
            Path path = Path.of(name).toAbsolutePath();
            if (Files.isExecutable(path)) {
                return path;
            }
            throw unavailable(path + " (from thaw.qemu) is no program that can be run", installRemedy(), null);
        }
        String folders = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/local/bin:/usr/bin:/bin");
        List<Path> candidates = Arrays.stream(folders.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder).resolve(name))
                .toList();
        return candidates.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> unavailable(name + " is not in PATH (" + folders + ")", installRemedy(), null));
    }

    private static String askVersion(Path path) {
        try {
            BriefRun run = BriefRun.of(List.of(path.toString(), "--version"), TIMEOUT, MAX_VERSION_BYTES);
            if (!run.ended()) {
                throw unavailable(
                        path + " --version did not end within " + TIMEOUT.toSeconds() + " s", installRemedy(), null);
            }
            return run.output();
        } catch (IOException e) {
            throw unavailable(path + " can't be run: " + e.getMessage(), installRemedy(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable("interrupted while asking " + path + " for its version", "Try again.", e);
        }
    }

    private static String installRemedy() {
        return System.getProperty("os.name").startsWith("Mac")
                ? "Install it with 'brew install qemu', or set thaw.qemu (THAW_QEMU) to the program."
                : "Install it, on Debian and Ubuntu with 'apt-get install qemu-system-x86', or set thaw.qemu (THAW_QEMU)"
                        + " to the program.";
    }

    private static EngineUnavailableException unavailable(String what, String remedy, Throwable cause) {
        return new EngineUnavailableException(QemuEngine.NAME, what, remedy, cause);
    }
}
