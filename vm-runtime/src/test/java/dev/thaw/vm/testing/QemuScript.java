// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A program in QEMU's place that knows its version, counts its starts, and else does what a test wants.
 *
 * @param path the program
 */
public record QemuScript(Path path) {
    private static final String VERSION = "99.0.0";

    /** A script, which has QEMU's arguments as its own. */
    public static QemuScript in(Path folder, String script) throws IOException {
        return in(folder, VERSION, script);
    }

    /** With a version of its own. */
    public static QemuScript in(Path folder, String version, String script) throws IOException {
        Path file = folder.resolve("qemu-script");
        Files.writeString(
                file,
                "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'QEMU emulator version " + version
                        + "'; exit 0; }\necho start >>'" + file + ".starts'\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new QemuScript(file);
    }

    /** How often it was started to run a machine. */
    public int starts() throws IOException {
        Path starts = Path.of(path + ".starts");
        return Files.exists(starts) ? Files.readAllLines(starts).size() : 0;
    }
}
