// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import dev.thaw.vm.Vm;
import dev.thaw.vm.VmSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A program that does file operations as it is told: src/test/guest/operator.c, as a service in a guest, which the host reaches
 * through a port, or as a process of the host. Confined to one thread.
 */
public final class Operator implements AutoCloseable {
    private static final int PORT = 9000;
    private static final String PLACE = "/operator";
    private static final int PATIENCE_SECONDS = 60;

    private final OutputStream commands;
    private final BufferedReader answers;
    private final AutoCloseable end;

    private Operator(OutputStream commands, InputStream answers, AutoCloseable end) {
        this.commands = commands;
        this.answers = new BufferedReader(new InputStreamReader(answers, StandardCharsets.ISO_8859_1));
        this.end = end;
    }

    /**
     * Compiles the program with the compiler that builds the agent.
     *
     * @param folder where it is put, alone
     */
    public static Path compile(Path folder) throws IOException {
        Path program = folder.resolve("operator");
        Path log = folder.resolve("compiler.log");
        Process compiler = new ProcessBuilder(
                        "musl-gcc",
                        "-std=c11",
                        "-D_GNU_SOURCE",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-O2",
                        "-static",
                        "-s",
                        "-o",
                        program.toString(),
                        "src/test/guest/operator.c")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (!compiler.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || compiler.exitValue() != 0) {
                throw new IOException("The operator could not be compiled: " + Files.readString(log));
            }
            return program;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            compiler.destroyForcibly();
        }
    }

    /** A machine whose service is operators of {@code /shared}, one for each connection. */
    public static VmSpec spec(Path program, Path shared) {
        return Specs.busybox("nc", "-ll", "-p", Integer.toString(PORT), "-e", PLACE + "/operator", "/shared")
                .port(PORT)
                .share(program.getParent(), PLACE)
                .share(shared, "/shared");
    }

    /** One in a guest that has been started from {@link #spec}. */
    public static Operator in(Vm vm) throws IOException {
        Socket socket = new Socket();
        try {
            socket.connect(vm.port(PORT));
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) Duration.ofSeconds(PATIENCE_SECONDS).toMillis());
            return new Operator(socket.getOutputStream(), socket.getInputStream(), socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** One on the host. */
    public static Operator here(Path program, Path folder) throws IOException {
        Process process = new ProcessBuilder(program.toString(), folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new Operator(process.getOutputStream(), process.getInputStream(), process::destroyForcibly);
    }

    /** Has it do one thing, and returns what it says: "ok ..." or "errno NUMBER". */
    public String ask(String command) throws IOException {
        commands.write((command + "\n").getBytes(StandardCharsets.ISO_8859_1));
        commands.flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("The operator has ended instead of answering: " + command);
        }
        return answer;
    }

    @Override
    public void close() {
        try {
            end.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
