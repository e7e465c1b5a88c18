// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedFolderTest {
    /** Of linux/fuse.h; FSYNC is of those that wait for the disk. */
    private static final int INIT = 26, FSYNC = 20;

    private static final int REQUESTS = 200;
    private static final int LIMIT = 64;
    private static final Duration SOON = Duration.ofSeconds(20);

    private final AtomicInteger answers = new AtomicInteger();

    private FuseExchange request(int opcode, long unique, int... body) {
        ByteBuffer bytes = ByteBuffer.allocate(40 + 4 * body.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(bytes.capacity()).putInt(opcode).putLong(unique).putLong(1).position(40);
        for (int one : body) {
            bytes.putInt(one);
        }
        ByteBuffer message = bytes.flip();
        return new FuseExchange() {
            @Override
            public ByteBuffer request() {
                return message;
            }

            @Override
            public void reply(ByteBuffer... parts) {
                answers.incrementAndGet();
            }

            @Override
            public void done() {}
        };
    }

    @Test
    void a_guest_that_asks_faster_than_the_disk_answers_is_made_to_wait(@TempDir Path path) throws Exception {
        // GIVEN a service whose only thread is busy
        CountDownLatch disk = new CountDownLatch(1);
        try (FileService service = FileService.start(1);
                SharedFolder folder = SharedFolder.open(service, path, false, 0, 0, notification -> {})) {
            folder.request(request(INIT, 1, 7, 37, 1 << 17, -1));
            service.executor().execute(() -> {
                try {
                    disk.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            AtomicInteger begun = new AtomicInteger();
            // WHEN
            CompletableFuture<Void> all = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < REQUESTS; i++) {
                    begun.incrementAndGet();
                    folder.request(request(FSYNC, 2 + i, 9, 0, 0, 0));
                }
            });
            // THEN
            await("the limit").atMost(SOON).untilAsserted(() -> then(begun).hasValue(LIMIT));
            await("more than the limit")
                    .during(Duration.ofMillis(200))
                    .atMost(SOON)
                    .untilAsserted(() -> then(begun).hasValue(LIMIT));
            disk.countDown();
            all.join();
            await("all answers").atMost(SOON).untilAsserted(() -> then(answers).hasValue(1 + REQUESTS));
        }
    }
}
