// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryTest {
    private static final Retry RETRY = new Retry(3, Duration.ofNanos(1), Duration.ofMillis(50));

    private final Deque<IOException> failures = new ArrayDeque<>();
    private int runs;

    @Test
    void what_may_pass_is_tried_again_until_it_passes() throws Exception {
        failures.addAll(List.of(busy("a"), busy("b")));
        then(run(() -> 0)).isEqualTo("done");
        then(runs).isEqualTo(3);
    }

    @Test
    void what_does_not_pass_is_given_up_with_its_last_reason() {
        failures.addAll(List.of(busy("a"), busy("b"), busy("c")));
        thenThrownBy(() -> run(() -> 0)).isInstanceOf(RegistryException.class).hasMessage("c (tried 3 times)");
    }

    @Test
    void what_is_for_good_is_not_tried_again() {
        RegistryException forGood = new RegistryException("no");
        failures.add(forGood);
        thenThrownBy(() -> run(() -> 0)).isSameAs(forGood);
        then(runs).isEqualTo(1);
    }

    @Test
    void progress_makes_attempts_count_anew() throws Exception {
        for (int i = 0; i < 10; i++) {
            failures.add(busy("cut off"));
        }
        then(run(() -> runs)).isEqualTo("done");
        then(runs).isEqualTo(11);
    }

    @Test
    void going_back_and_coming_as_far_again_is_no_progress() {
        for (int i = 0; i < 100; i++) {
            failures.add(busy("cut off"));
        }
        thenThrownBy(() -> run(() -> runs % 2 == 0 ? 100 : 200)).hasMessage("cut off (tried 3 times)");
    }

    @Test
    void progress_without_end_comes_to_an_end() {
        for (int i = 0; i < 100; i++) {
            failures.add(busy("cut off"));
        }
        thenThrownBy(() -> run(() -> runs)).hasMessage("cut off (tried 50 times)");
    }

    @Test
    void a_wait_that_is_too_long_is_not_kept() {
        failures.add(new TransientException("busy", Optional.of(Duration.ofMillis(51)), null));
        thenThrownBy(() -> run(() -> 0)).isInstanceOf(RegistryException.class).hasMessage("busy");
        then(runs).isEqualTo(1);
    }

    @Test
    void a_wait_ends_when_all_is_cancelled() throws Exception {
        // GIVEN somebody who waits for an hour
        Cancellation cancellation = new Cancellation();
        Retry patient = new Retry(3, Duration.ofHours(1), Duration.ofHours(1));
        failures.add(busy("busy"));
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread waiting =
                new Thread(() -> thrown.set(catchThrowable(() -> patient.run(cancellation, () -> 0, this::attempt))));
        waiting.start();
        Awaitility.await("it waits").until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
        // WHEN
        cancellation.cancel();
        waiting.join(10_000);
        // THEN
        then(waiting.isAlive()).isFalse();
        then(thrown.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void retry_after_is_seconds_or_a_date() {
        then(Answers.retryAfter("120")).contains(Duration.ofMinutes(2));
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(10));
        then(Answers.retryAfter(date))
                .hasValueSatisfying(d -> then(d).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10)));
        then(Answers.retryAfter("Wed, 21 Oct 2015 07:28:00 GMT")).contains(Duration.ZERO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-1", "1.5", "99999999999999999999"})
    void a_retry_after_that_is_neither_is_passed_over(String value) {
        then(Answers.retryAfter(value)).isEmpty();
    }

    private String run(Retry.Progress progress) throws IOException, InterruptedException {
        return RETRY.run(new Cancellation(), progress, this::attempt);
    }

    private String attempt() throws IOException {
        runs++;
        if (!failures.isEmpty()) {
            throw failures.remove();
        }
        return "done";
    }

    private static TransientException busy(String message) {
        return new TransientException(message, Optional.empty(), null);
    }
}
