// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.loop;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class EventLoopTest {

    /** Remembers how its channel ended. */
    private static class Watcher implements EventLoop.Handler {
        final CompletableFuture<Throwable> closed = new CompletableFuture<>();

        @Override
        public void ready(SelectionKey key) throws IOException {
            throw new IOException("not expected to be ready");
        }

        @Override
        public void closed(Throwable cause) {
            closed.complete(cause);
        }
    }

    private static Pipe.SourceChannel watch(EventLoop loop, EventLoop.Handler watcher) throws Exception {
        Pipe pipe = Pipe.open();
        get(loop.submit(() -> loop.register(pipe.source(), SelectionKey.OP_READ, watcher)));
        return pipe.source();
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    @Test
    void a_channel_that_another_thread_closes_has_its_handler_told() throws Exception {
        // GIVEN
        try (EventLoop loop = EventLoop.start("thaw-loop-test")) {
            Watcher watcher = new Watcher();
            Pipe.SourceChannel channel = watch(loop, watcher);
            IOException cause = new EventLoop.ClosedException("enough");
            // WHEN
            loop.close(channel, cause);
            loop.close(channel, cause);
            // THEN
            then(channel.isOpen()).isFalse();
            then(watcher.closed).isCompletedWithValue(cause);
        }
    }

    @Test
    void a_channel_that_nobody_watches_is_closed_as_well_even_after_the_loop() throws Exception {
        EventLoop loop = EventLoop.start("thaw-loop-test");
        Pipe first = Pipe.open();
        Pipe second = Pipe.open();
        loop.close(first.source(), new EventLoop.ClosedException("enough"));
        loop.close();
        loop.close(second.source(), new EventLoop.ClosedException("enough"));
        then(first.source().isOpen()).isFalse();
        then(second.source().isOpen()).isFalse();
    }

    @Test
    void a_handler_that_fails_at_the_end_takes_no_other_with_it() throws Exception {
        // GIVEN a handler that fails among some that do not
        EventLoop loop = EventLoop.start("thaw-loop-test");
        List<Watcher> watchers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            boolean fails = i == 4;
            Watcher watcher = new Watcher() {
                @Override
                public void closed(Throwable cause) {
                    super.closed(cause);
                    if (fails) {
                        throw new IllegalStateException("a fault of this test");
                    }
                }
            };
            watchers.add(watcher);
            watch(loop, watcher);
        }
        // WHEN
        loop.close();
        // THEN
        then(watchers)
                .allSatisfy(watcher -> then(watcher.closed.getNow(null))
                        .isInstanceOf(EventLoop.ClosedException.class)
                        .hasMessage("thaw-loop-test was closed."));
    }

    @Test
    void an_error_in_a_task_fails_its_future_and_the_loop_goes_on() throws Exception {
        try (EventLoop loop = EventLoop.start("thaw-loop-test")) {
            // WHEN
            CompletableFuture<?> failed = loop.submit(() -> {
                throw new AssertionError("a fault of this test");
            });
            loop.execute(() -> {
                throw new AssertionError("another one");
            });
            // THEN
            thenThrownBy(() -> get(failed))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(AssertionError.class);
            then(get(loop.submit(() -> "still there"))).isEqualTo("still there");
        }
    }

    @Test
    void a_task_for_later_is_run_although_no_socket_is_ready() throws Exception {
        try (EventLoop loop = EventLoop.start("thaw-loop-test")) {
            List<String> order = new ArrayList<>();
            CompletableFuture<List<String>> done = new CompletableFuture<>();
            loop.execute(() -> {
                loop.executeIn(Duration.ofMillis(20), () -> done.complete(order));
                loop.executeIn(Duration.ofMillis(1), () -> order.add("first"));
            });
            then(get(done)).containsExactly("first");
        }
    }

    @RepeatedTest(50)
    void every_task_that_is_accepted_while_the_loop_ends_is_run() throws Exception {
        // GIVEN a thread that gives the loop tasks for as long as it takes them
        EventLoop loop = EventLoop.start("thaw-loop-test");
        List<CompletableFuture<Integer>> tasks = new ArrayList<>();
        Thread giver = new Thread(
                () -> {
                    CompletableFuture<Integer> last;
                    do {
                        last = loop.submit(() -> 1);
                        tasks.add(last);
                    } while (!last.isCompletedExceptionally());
                },
                "giver");
        giver.start();
        // WHEN
        loop.close();
        giver.join(20_000);
        // THEN
        then(giver.isAlive()).isFalse();
        then(tasks).allMatch(CompletableFuture::isDone);
    }
}
