// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the system's programs: the C compiler, and what works on mounted folders. */
public final class Tools {
    private static final int TIMEOUT_SECONDS = 60;

    private Tools() {}

    /** Runs a command to its end and returns its output. Fails if the command does. */
    public static String run(String... command) throws IOException {
        Path output = Files.createTempFile("thaw-tool", ".out");
        try {
            Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            waitFor(process, command);
            String text = Files.readString(output, StandardCharsets.UTF_8).strip();
            if (process.exitValue() != 0) {
                throw new AssertionError("exit " + process.exitValue() + " of " + List.of(command) + ":\n" + text);
            }
            return text;
        } finally {
            Files.delete(output);
        }
    }

    private static void waitFor(Process process, String... command) {
        try {
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("timed out: " + List.of(command));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + List.of(command), e);
        }
    }
}
