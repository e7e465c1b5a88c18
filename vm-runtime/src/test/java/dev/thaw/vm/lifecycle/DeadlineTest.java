// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.lifecycle;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DeadlineTest {
    @Test
    void the_rest_of_a_deadline_ends_with_it_and_counts_from_now() {
        // GIVEN
        Deadline whole = Deadline.in(Duration.ofHours(1));
        Duration before = whole.elapsed();
        // WHEN
        Deadline rest = whole.atMost(whole.limit());
        // THEN
        then(rest.limit()).isPositive().isLessThanOrEqualTo(whole.limit().minus(before));
        then(rest.elapsed()).isLessThanOrEqualTo(whole.elapsed());
    }

    @Test
    void a_wait_that_comes_too_late_does_not_claim_the_whole_time() {
        // GIVEN a deadline that others have used up
        Deadline over = Deadline.in(Duration.ofNanos(1));
        // WHEN THEN
        thenThrownBy(() -> Await.get(new CompletableFuture<>(), over, "the guest to come to rest"))
                .isInstanceOf(Await.TimedOutException.class)
                .hasMessage("Waited 0 ms in vain for the guest to come to rest.");
    }
}
