// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.loop;

import static org.assertj.core.api.BDDAssertions.then;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class OutboundQueueTest {
    private Selector selector;
    private Pipe pipe;
    private OutboundQueue queue;

    @BeforeEach
    void open() throws IOException {
        selector = Selector.open();
        pipe = Pipe.open();
        pipe.sink().configureBlocking(false);
        pipe.source().configureBlocking(false);
        queue = new OutboundQueue(pipe.sink(), pipe.sink().register(selector, 0));
    }

    @AfterEach
    void close() throws IOException {
        pipe.sink().close();
        pipe.source().close();
        selector.close();
    }

    private void drainInto(ByteArrayOutputStream received, int maxBytes) throws IOException {
        ByteBuffer some = ByteBuffer.allocate(maxBytes);
        pipe.source().read(some);
        received.write(some.array(), 0, some.position());
    }

    @RepeatedTest(20)
    void pieces_of_any_size_arrive_in_order_and_are_said_to_be_written_when_they_are() throws IOException {
        // GIVEN pieces of any size; -Dthaw.test.seed=N replays them
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        System.out.println("OutboundQueueTest: thaw.test.seed=" + seed);
        Random random = new Random(seed);
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        List<Integer> marks = new ArrayList<>();
        // WHEN they are written, while the other side reads now and then
        for (int i = 0; i < 400; i++) {
            byte[] piece = new byte[1 + random.nextInt(random.nextInt(4) == 0 ? 20_000 : 50)];
            random.nextBytes(piece);
            sent.writeBytes(piece);
            ByteBuffer roomy = ByteBuffer.allocate(piece.length + random.nextInt(9000))
                    .put(piece)
                    .flip();
            if (random.nextBoolean()) {
                queue.write(roomy);
            } else {
                queue.writeCopy(roomy);
                roomy.clear().put(new byte[roomy.capacity()]);
            }
            int end = sent.size();
            queue.whenWritten(() -> {
                then(sent.size() - queue.size()).isGreaterThanOrEqualTo(end);
                marks.add(end);
            });
            if (random.nextInt(4) == 0) {
                drainInto(received, 60_000);
                queue.flush();
            }
        }
        while (received.size() < sent.size()) {
            drainInto(received, 60_000);
            queue.flush();
        }
        // THEN
        then(received.toByteArray()).isEqualTo(sent.toByteArray());
        then(marks).hasSize(400).isSorted();
        then(queue.isEmpty()).isTrue();
        then(pipe.sink().keyFor(selector).interestOps() & SelectionKey.OP_WRITE).isZero();
    }

    @Test
    void a_flood_of_tiny_pieces_in_large_buffers_costs_no_more_than_its_bytes() throws IOException {
        // GIVEN a channel that takes nothing any more
        queue.write(ByteBuffer.allocate(1 << 20));
        long before = queue.size();
        // WHEN a million pieces follow, which would need 16 GiB if their buffers were kept
        for (int i = 0; i < 1_000_000; i++) {
            queue.write(ByteBuffer.allocate(16 * 1024).limit(1));
        }
        // THEN
        then(queue.size()).isEqualTo(before + 1_000_000);
    }
}
