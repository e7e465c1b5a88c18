// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.Specs;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The guest's process that shared folders need, as the image's processes see it. */
class RelayProcessTest {
    private static final String FIND = "p=$(grep -l '^thaw-shares$' /proc/[0-9]*/comm | cut -d/ -f3); ";

    @Test
    void it_is_shielded_and_in_no_cgroup_that_is_frozen_and_its_end_is_told_but_ends_nothing_else() {
        try (Thaw thaw = Thaw.open()) {
            Vm vm = thaw.start(Specs.web());
            // WHEN
            ExecResult seen =
                    vm.exec("sh", "-c", FIND + "cat /proc/$p/oom_score_adj /proc/$p/cgroup; ls /proc/$p/task | wc -l");
            // THEN
            then(seen.stdout()).isEqualTo("-1000\n0::/\n1\n");
            // AND WHEN
            vm.exec("sh", "-c", FIND + "kill -9 $p");
            // THEN
            await("the agent's word")
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> then(vm.logs().lines())
                            .extracting(LogLine::text)
                            .contains("the relay of shared folders was killed by signal 9"));
            then(vm.exec("true").exitCode()).isZero();
        }
    }
}
