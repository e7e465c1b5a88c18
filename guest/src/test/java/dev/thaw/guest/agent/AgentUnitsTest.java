// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import static org.assertj.core.api.BDDAssertions.then;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code -Dthaw.test.seed=N -Dthaw.test.rounds=1} replays a failure; the program prints seed and round. */
class AgentUnitsTest {
    @Test
    void parsers_buffers_and_mux_stand_random_input_under_sanitizers() throws Exception {
        // GIVEN
        long seed = Long.getLong("thaw.test.seed", System.nanoTime() & Integer.MAX_VALUE);
        String rounds = System.getProperty("thaw.test.rounds", "150");
        Process units = new ProcessBuilder(
                        Path.of(System.getProperty("thaw.agent.folder"), "agent-units")
                                .toString(),
                        Long.toString(seed),
                        rounds)
                .redirectErrorStream(true)
                .start();
        try {
            // WHEN
            String output = new String(units.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            boolean ended = units.waitFor(60, TimeUnit.SECONDS);
            // THEN
            then(ended).as("ended in time, seed %d", seed).isTrue();
            then(units.exitValue()).as("seed %d: %s", seed, output).isZero();
        } finally {
            units.destroyForcibly();
        }
    }
}
