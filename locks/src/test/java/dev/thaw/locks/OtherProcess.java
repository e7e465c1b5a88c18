// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Another JVM with the test's class path. It is killed at the end. */
final class OtherProcess implements AutoCloseable {
    private static final int TIMEOUT_SECONDS = 30;

    private final Process process;
    private final BufferedReader out;

    private OtherProcess(Process process) {
        this.process = process;
        this.out = process.inputReader();
    }

    static OtherProcess start(Class<?> main, String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
        builder.command().addAll(java.util.List.of(arguments));
        return new OtherProcess(
                builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    /** The next line of its output; fails if it takes too long or there is none. */
    String line() throws Exception {
        CompletableFuture<String> line = new CompletableFuture<>();
        Thread reader = new Thread(
                () -> {
                    try {
                        line.complete(out.readLine());
                    } catch (IOException e) {
                        line.completeExceptionally(e);
                    }
                },
                "output of " + process.pid());
        reader.start();
        String read = line.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        reader.join(TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
        if (read == null) {
            throw new AssertionError("no line from process " + process.pid());
        }
        return read;
    }

    long pid() {
        return process.pid();
    }

    /** Lets it stand still, with what it has: SIGSTOP. */
    void stop() throws Exception {
        Process kill = new ProcessBuilder("kill", "-STOP", Long.toString(pid()))
                .inheritIO()
                .start();
        if (!kill.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new AssertionError("can't stop process " + pid());
        }
    }

    /** Ends it as the kernel ends a process when memory is short: SIGKILL. */
    void kill() {
        process.destroyForcibly();
        process.onExit().orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        kill();
    }
}
