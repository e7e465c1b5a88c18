// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What became of a program that was run only for what it says. It has no input, and is killed if it takes too long.
 *
 * @param ended whether it ended by itself
 * @param status its exit status if it did
 * @param output the beginning of what it wrote to standard output and error
 */
record BriefRun(boolean ended, int status, String output) {

    static BriefRun of(List<String> command, Duration timeout, int maxOutputBytes)
            throws IOException, InterruptedException {
        // Into a file, as reading from a program that says nothing and does not end would have no limit.
        Path output = Files.createTempFile("thaw-qemu", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(output.toFile())
                    .start();
            try {
                boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
                return new BriefRun(ended, ended ? process.exitValue() : -1, read(output, maxOutputBytes));
            } finally {
                process.destroyForcibly();
            }
        } finally {
            Files.delete(output);
        }
    }

    private static String read(Path file, int maxBytes) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(maxBytes), StandardCharsets.UTF_8);
        }
    }
}
