// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.lifecycle;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AwaitTest {
    private final CompletableFuture<String> never = new CompletableFuture<>();

    @Test
    void a_wait_in_vain_says_how_long_it_was_and_not_how_long_the_whole_could_have_been() {
        // GIVEN a deadline of which a part is over
        Deadline deadline = Deadline.in(Duration.ofMillis(300));
        thenThrownBy(() -> Await.get(never, deadline.atMost(Duration.ofMillis(200)), "the first"))
                .isInstanceOf(Await.TimedOutException.class);
        // WHEN THEN
        thenThrownBy(() -> Await.get(never, deadline, "the second"))
                .isInstanceOf(Await.TimedOutException.class)
                .hasMessageMatching(
                        "Waited \\d{1,2} ms in vain for the second\\.|Waited 100 ms in vain for the second\\.");
    }

    @Test
    void an_interrupt_ends_the_wait_and_is_kept() {
        // GIVEN
        Thread.currentThread().interrupt();
        // WHEN THEN
        thenThrownBy(() -> Await.get(never, Deadline.in(Duration.ofSeconds(20)), "the end"))
                .isInstanceOf(InterruptedIOException.class)
                .hasMessage("Interrupted while waiting for the end.")
                .hasCauseInstanceOf(InterruptedException.class);
        then(Thread.interrupted()).isTrue();
    }
}
