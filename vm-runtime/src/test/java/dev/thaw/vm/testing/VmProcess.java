// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.Thaw;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.Vm;
import dev.thaw.vm.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A JVM to be killed: bakes or thaws a VM, says so, and waits for its end. */
public final class VmProcess {
    /** What it writes once the VM of {@code thaw} runs. */
    public static final String THAWED = "thawed ";

    private static final int PATIENCE_SECONDS = 120;

    private VmProcess() {}

    /** Starts it, with the home of this JVM. */
    public static Process start(Path output, String... arguments) throws IOException {
        return start(output, List.of(), VmProcess.class, arguments);
    }

    /**
     * Starts a JVM with this one's class path, home and images.
     *
     * @param prefix a command that runs the rest of its line, or nothing
     */
    public static Process start(Path output, List<String> prefix, Class<?> main, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dthaw.test.images=" + System.getProperty("thaw.test.images"),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        // Not as a property, so that the prefix can change it.
        builder.environment().put("THAW_HOME", ThawConfig.load().home().toString());
        return builder.start();
    }

    /** The same, waits for it to end well, and returns what it said. */
    public static String run(Path output, List<String> prefix, Class<?> main) throws IOException, InterruptedException {
        Process jvm = start(output, prefix, main);
        try {
            then(jvm.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            jvm.destroyForcibly();
        }
        String said = Files.readString(output);
        then(jvm.exitValue()).as(said).isZero();
        return said;
    }

    /** The spec that {@code bake} bakes: another one for each argument. */
    public static VmSpec spec(String argument) {
        return Specs.web().env("ARGUMENT", argument);
    }

    /**
     * Does one thing, and then nothing.
     *
     * @param args "bake ARGUMENT" or "thaw"
     */
    public static void main(String[] args) throws InterruptedException {
        try (Thaw thaw = Thaw.open()) {
            if (args[0].equals("bake")) {
                thaw.bake(spec(args[1]));
            } else {
                Vm vm = thaw.start(Specs.onDisk());
                System.out.println(THAWED + vm.logs().file().getParent());
                System.out.flush();
                new CountDownLatch(1).await();
            }
        }
    }
}
