// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.lifecycle;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenCode;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CloseStackTest {
    private static final int ROUNDS = 50;
    private static final int THREADS = 2;
    private static final int RESOURCES = 200;
    private static final int PATIENCE_SECONDS = 20;

    @Test
    void two_threads_that_close_at_once_each_return_when_everything_is_closed_once() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                // GIVEN
                CloseStack stack = new CloseStack();
                List<Integer> closed = new CopyOnWriteArrayList<>();
                for (int i = 1; i <= RESOURCES; i++) {
                    int number = i;
                    stack.push(() -> closed.add(number));
                }
                CyclicBarrier start = new CyclicBarrier(THREADS);
                Callable<List<Integer>> closing = () -> {
                    start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    stack.close();
                    return List.copyOf(closed);
                };
                // WHEN
                List<Future<List<Integer>>> seen = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    seen.add(pool.submit(closing));
                }
                // THEN
                for (Future<List<Integer>> one : seen) {
                    then(one.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                            .as("round " + round)
                            .hasSize(RESOURCES)
                            .isSortedAccordingTo(Comparator.reverseOrder());
                }
                then(closed).hasSize(RESOURCES);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void what_fails_keeps_nothing_else_open_and_is_told_once() {
        // GIVEN
        CloseStack stack = new CloseStack();
        List<String> closed = new ArrayList<>();
        stack.push(() -> closed.add("oldest"));
        stack.push(() -> {
            throw new IOException("second");
        });
        stack.push(() -> closed.add("middle"));
        stack.push(() -> {
            throw new IOException("first");
        });
        // WHEN THEN
        thenThrownBy(stack::close)
                .isInstanceOf(CloseStack.CloseException.class)
                .hasMessage("Could not close everything: first")
                .satisfies(e -> then(e.getSuppressed()).hasSize(1));
        then(closed).containsExactly("middle", "oldest");
        thenCode(stack::close).doesNotThrowAnyException();
    }
}
