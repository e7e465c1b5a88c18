// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.BakeException;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.instance.RunFolder;
import dev.thaw.vm.testing.Baked;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A guest that stops between ready and frozen. */
class StoppedGuestTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String NAME = "stopped-at-" + Long.toString(System.nanoTime(), Character.MAX_RADIX);

    @Test
    void a_wait_of_the_settling_that_fails_says_for_what_and_how_long_and_not_how_long_the_bake_may_take()
            throws Exception {
        try (Thaw thaw = Thaw.open();
                Baked baked = new Baked()) {
            // GIVEN a service that works without rest once the settling has connected to its port
            VmSpec spec = baked.anew(Specs.script("nc -l -p 8080 >/dev/null; echo touched; while true; do true; done")
                            .port(8080))
                    .name(NAME)
                    .bakeTimeout(Duration.ofHours(1));
            CompletableFuture<Boolean> bake = CompletableFuture.supplyAsync(() -> thaw.bake(spec));
            await("the settling").atMost(PATIENCE).until(StoppedGuestTest::isTouched);
            // WHEN
            signalQemu("STOP");
            // THEN
            thenThrownBy(() -> bake.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(BakeException.class)
                    .hasMessageContaining("letting the service come to rest failed after")
                    .hasMessageContaining("Waited 10000 ms in vain for the guest's statistics.")
                    .hasMessageContaining("  | touched\n")
                    .extracting(e -> ((BakeException) e).phase())
                    .isEqualTo(BakeException.Phase.SETTLE);
        }
        then(runFolder()).isEmpty();
    }

    private static boolean isTouched() throws IOException {
        Optional<Path> folder = runFolder();
        Path log = folder.map(path -> path.resolve("service.log")).orElse(null);
        return log != null && Files.exists(log) && Files.readString(log).contains("touched");
    }

    private static Optional<Path> runFolder() throws IOException {
        try (Stream<Path> folders = Files.list(RunFolder.root())) {
            return folders.filter(path -> path.getFileName().toString().startsWith(NAME))
                    .findFirst();
        }
    }

    private static void signalQemu(String signal) throws IOException, InterruptedException {
        long pid;
        try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
            pid = children.filter(child -> child.info().commandLine().orElse("").contains("thaw-" + NAME))
                    .findFirst()
                    .orElseThrow()
                    .pid();
        }
        then(new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }
}
