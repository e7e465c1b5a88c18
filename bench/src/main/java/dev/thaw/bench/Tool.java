// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs whose whole time counts. */
final class Tool {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private Tool() {}

    /**
     * What a program did.
     *
     * @param time from its start to its end
     * @param output all that it printed
     */
    record Result(Duration time, String output) {}

    /** Runs a program to its end; its output goes through a file in that folder. Fails if the program does. */
    static Result run(Path folder, List<String> command) throws IOException, InterruptedException {
        Path log = folder.resolve("output.log");
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(command + " has not ended after " + PATIENCE.toMinutes() + " minutes");
            }
        } finally {
            process.destroyForcibly();
        }
        Duration time = Duration.ofNanos(System.nanoTime() - start);
        String output = Files.readString(log);
        if (process.exitValue() != 0) {
            throw new IllegalStateException("exit " + process.exitValue() + " of " + command + ":\n" + output);
        }
        return new Result(time, output);
    }

    /** Removes a file or a folder with all that is in it. */
    static void remove(Path path) throws IOException, InterruptedException {
        run(path.toAbsolutePath().getParent(), List.of("rm", "-rf", path.toString()));
    }
}
