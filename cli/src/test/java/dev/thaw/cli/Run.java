// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What a process of the real program did.
 *
 * @param code how it ended
 * @param out what it wrote to standard output
 * @param err and to standard error
 */
record Run(int code, String out, String err) {
    private static final int TIMEOUT_SECONDS = 120;

    /** Runs Main in a JVM of its own. */
    static Run thaw(Path home, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.thaw.cli.Main"));
        command.addAll(List.of(arguments));
        return command(Map.of("THAW_HOME", home.toString()), command);
    }

    /** Runs any command to its end. */
    static Run command(Map<String, String> environment, List<String> command) throws IOException {
        Path out = Files.createTempFile("thaw-cli", ".out");
        Path err = Files.createTempFile("thaw-cli", ".err");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment()
                    .keySet()
                    .removeIf(name -> name.startsWith("THAW_") || name.equals("JAVA_TOOL_OPTIONS"));
            builder.environment().put("XDG_CONFIG_HOME", "/nonexistent");
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("timed out: " + command);
            }
            return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + command, e);
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    JsonNode json() throws IOException {
        return new ObjectMapper().readTree(out);
    }
}
