// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.pipe;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosingTest {
    private final List<String> closed = new ArrayList<>();

    @Test
    void all_are_closed_in_order_and_the_first_failure_carries_the_others() {
        // GIVEN
        IOException first = new IOException("first");
        IllegalStateException second = new IllegalStateException("second");
        // WHEN THEN
        thenThrownBy(() ->
                        Closing.all(List.of(thing("a", null), thing("b", first), thing("c", second), thing("d", null))))
                .isSameAs(first)
                .hasSuppressedException(second);
        then(closed).containsExactly("a", "b", "c", "d");
    }

    @Test
    void a_failure_that_is_unchecked_stays_so() {
        IllegalStateException failure = new IllegalStateException("unchecked");
        thenThrownBy(() -> Closing.all(List.of(thing("a", failure), thing("b", null))))
                .isSameAs(failure);
        then(closed).containsExactly("a", "b");
    }

    private Closeable thing(String name, Exception failure) {
        return () -> {
            closed.add(name);
            if (failure instanceof IOException e) {
                throw e;
            } else if (failure != null) {
                throw (RuntimeException) failure;
            }
        };
    }
}
