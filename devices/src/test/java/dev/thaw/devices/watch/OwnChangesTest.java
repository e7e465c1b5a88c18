// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.folder.Watcher;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OwnChangesTest {
    private final OwnChanges<String> changes = new OwnChanges<>();
    private final AtomicInteger strangers = new AtomicInteger();

    private Watcher.Own announce() {
        return changes.announce("file", strangers::incrementAndGet);
    }

    private void change(boolean made) {
        try (Watcher.Own own = announce()) {
            if (made) {
                own.made();
            }
        }
    }

    @Test
    void an_event_is_of_an_own_change_once() {
        // GIVEN
        change(true);
        // THEN
        then(changes.take("other")).isFalse();
        then(changes.take("file")).isTrue();
        then(changes.take("file")).isFalse();
    }

    @Test
    void an_event_that_comes_before_its_call_has_returned_is_that_calls() {
        // GIVEN
        Watcher.Own own = announce();
        // THEN
        then(changes.take("file")).isTrue();
        then(changes.take("file")).as("one call brings one event").isFalse();
        own.made();
        own.close();
        then(changes.take("file")).as("and it has come").isFalse();
        then(strangers).hasValue(0);
    }

    @Test
    void an_event_that_was_taken_for_a_calls_that_then_failed_was_somebody_elses() {
        // GIVEN
        Watcher.Own own = announce();
        then(changes.take("file")).isTrue();
        // WHEN
        own.close();
        // THEN
        then(strangers).hasValue(1);
        own.close();
        then(strangers).as("closed twice").hasValue(1);
    }

    @Test
    void of_two_calls_at_once_of_which_one_fails_one_event_is_expected() {
        // GIVEN
        Watcher.Own failing = announce();
        Watcher.Own other = announce();
        then(changes.take("file")).isTrue();
        // WHEN
        failing.close();
        other.made();
        other.close();
        // THEN
        then(strangers).hasValue(0);
        then(changes.take("file")).isFalse();
    }

    @Test
    void what_brought_no_event_is_forgotten_when_the_queue_is_empty() {
        // GIVEN
        change(true);
        // WHEN
        changes.forget(changes.mark());
        // THEN the next one is somebody else's
        then(changes.take("file")).isFalse();
    }

    @Test
    void a_change_that_was_made_while_the_queue_was_looked_at_is_not_forgotten() {
        // GIVEN
        change(true);
        long look = changes.mark();
        change(true);
        // WHEN
        changes.forget(look);
        // THEN
        then(changes.take("file")).isTrue();
        then(changes.take("file")).isFalse();
    }

    @Test
    void a_call_that_is_under_way_outlives_an_empty_queue() {
        // GIVEN
        Watcher.Own own = announce();
        // WHEN
        changes.forget(changes.mark());
        own.made();
        own.close();
        // THEN
        then(changes.take("file")).isTrue();
    }
}
