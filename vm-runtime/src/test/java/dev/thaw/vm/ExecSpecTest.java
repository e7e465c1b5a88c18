// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExecSpecTest {
    private static final ExecSpec TRUE = ExecSpec.of("true");

    @ParameterizedTest
    @ValueSource(strings = {"", "A=B", "A\0B"})
    void a_name_that_no_variable_can_have_is_refused_as_in_a_vms_spec(String name) {
        thenThrownBy(() -> TRUE.withEnv(name, "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Not an environment variable: '" + name + "'.");
        thenThrownBy(() -> VmSpec.of("oci:x").env(name, "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Not an environment variable: '" + name + "'.");
        thenThrownBy(() -> TRUE.withEnv("NAME", "a\0b")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void its_input_is_its_own() {
        // GIVEN
        byte[] bytes = "input".getBytes(StandardCharsets.US_ASCII);
        ExecSpec given = new ExecSpec(List.of("cat"), Map.of(), "", "", ByteBuffer.wrap(bytes), Duration.ofSeconds(1));
        ExecSpec with = TRUE.withStdin(bytes);
        // WHEN
        bytes[0] = 'X';
        // THEN
        then(StandardCharsets.US_ASCII.decode(given.stdin()).toString()).isEqualTo("input");
        then(StandardCharsets.US_ASCII.decode(with.stdin()).toString()).isEqualTo("input");
        then(given.stdin().isReadOnly()).isTrue();
    }

    @Test
    void a_time_that_is_not_positive_or_longer_than_anybody_waits_is_refused() {
        for (Duration timeout : new Duration[] {
            Duration.ZERO, Duration.ofNanos(-1), Duration.ofDays(366), ChronoUnit.FOREVER.getDuration()
        }) {
            thenThrownBy(() -> TRUE.withTimeout(timeout))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("A command's timeout has to be positive and at most 365 days, not " + timeout + ".");
            thenThrownBy(() -> VmSpec.of("oci:x").bakeTimeout(timeout)).isInstanceOf(IllegalArgumentException.class);
            thenThrownBy(() -> VmSpec.of("oci:x").readyTimeout(timeout)).isInstanceOf(IllegalArgumentException.class);
        }
        then(TRUE.withTimeout(Duration.ofDays(365)).timeout()).isEqualTo(Duration.ofDays(365));
    }
}
