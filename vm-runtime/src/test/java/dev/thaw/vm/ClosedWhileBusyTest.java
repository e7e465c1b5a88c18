// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.Specs;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A VM that is closed while somebody waits for it. */
class ClosedWhileBusyTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void a_command_that_runs_fails_at_once_and_the_log_says_nothing_of_a_guest_that_is_gone() {
        List<LogLine> log = new CopyOnWriteArrayList<>();
        try (Thaw thaw = Thaw.open()) {
            // GIVEN a command that takes longer than anybody waits
            Vm vm = thaw.start(Specs.web());
            vm.logs().follow(log::add);
            ExecSpec command = ExecSpec.of("sh", "-c", "sleep 5000; true").withTimeout(Duration.ofHours(1));
            CompletableFuture<ExecResult> result = CompletableFuture.supplyAsync(() -> vm.exec(command));
            await("the command")
                    .atMost(SOON)
                    .until(() -> vm.exec("sh", "-c", "ps | grep -c '[s]leep 5000'")
                            .stdout()
                            .equals("2\n"));
            // WHEN
            vm.close();
            // THEN
            thenThrownBy(() -> result.get(SOON.toSeconds(), TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(GuestException.class)
                    .hasMessageContaining("failed: The VM was closed.");
        }
        then(log).extracting(LogLine::text).noneMatch(line -> line.contains("gone"));
    }
}
