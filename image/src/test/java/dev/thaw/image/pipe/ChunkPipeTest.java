// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.pipe;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ChunkPipeTest {
    private static final String THREAD = "chunk-pipe-test";

    @Test
    void the_sink_gets_every_byte_in_order_and_all_before_finish_returns() throws Exception {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        try (ChunkPipe pipe = new ChunkPipe(THREAD, (chunk, length) -> taken.write(chunk, 0, length))) {
            for (int i = 1; i <= 100; i++) {
                byte[] chunk = pipe.chunk();
                then(chunk).hasSize(ChunkPipe.CHUNK_BYTES);
                Arrays.fill(chunk, 0, i, (byte) i);
                sent.write(chunk, 0, i);
                pipe.send(chunk, i);
            }
            pipe.finish();
            then(taken.toByteArray()).isEqualTo(sent.toByteArray());
        }
        thenNoThreadIsLeft();
    }

    @Test
    void what_the_sink_throws_comes_out_here_and_it_gets_no_more() throws Exception {
        IOException full = new IOException("disk full");
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        try (ChunkPipe pipe = new ChunkPipe(THREAD, (chunk, length) -> {
            taken.write(1);
            throw full;
        })) {
            thenThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            pipe.send(pipe.chunk(), 1);
                        }
                    })
                    .isSameAs(full);
            thenThrownBy(pipe::chunk).isSameAs(full);
            thenThrownBy(pipe::finish).isSameAs(full);
        }
        then(taken.size()).isEqualTo(1);
        thenNoThreadIsLeft();
    }

    @Test
    void an_error_in_the_sink_is_not_lost() throws Exception {
        try (ChunkPipe pipe = new ChunkPipe(THREAD, (chunk, length) -> {
            throw new IllegalStateException("a bug");
        })) {
            pipe.send(pipe.chunk(), 1);
            thenThrownBy(pipe::finish).isInstanceOf(IllegalStateException.class).hasMessage("a bug");
        }
    }

    @Test
    void closing_ends_a_sink_that_waits_and_one_that_has_nothing_to_do() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        ChunkPipe busy = new ChunkPipe(THREAD, (chunk, length) -> {
            waiting.countDown();
            try {
                then(new CountDownLatch(1).await(1, TimeUnit.MINUTES)).isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        });
        busy.send(busy.chunk(), 1);
        then(waiting.await(20, TimeUnit.SECONDS)).isTrue();
        busy.close();
        busy.close();
        new ChunkPipe(THREAD, (chunk, length) -> {}).close();
        thenNoThreadIsLeft();
    }

    @Test
    void one_who_waits_for_a_chunk_can_be_interrupted() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (ChunkPipe pipe = new ChunkPipe(THREAD, (chunk, length) -> {
            try {
                then(release.await(1, TimeUnit.MINUTES)).isTrue();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        })) {
            Thread waiting = Thread.currentThread();
            Thread interrupter = new Thread(() -> {
                Awaitility.await("waits for a chunk")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
                waiting.interrupt();
            });
            interrupter.start();
            thenThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            pipe.send(pipe.chunk(), 1);
                        }
                    })
                    .isInstanceOf(InterruptedIOException.class);
            then(Thread.interrupted()).isTrue();
            interrupter.join(20_000);
        }
        thenNoThreadIsLeft();
    }

    private static void thenNoThreadIsLeft() {
        then(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals(THREAD));
    }
}
