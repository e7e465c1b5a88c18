// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.devices.folder.ReadAheadBudget;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class FileServiceTest {
    @Test
    void work_is_done_by_named_threads_that_end_with_the_service() throws InterruptedException {
        // GIVEN
        Set<String> threads = new ConcurrentSkipListSet<>();
        CountDownLatch both = new CountDownLatch(2);
        FileService service = new FileService(2, new ReadAheadBudget(0, 0));

        // WHEN
        for (int i = 0; i < 2; i++) {
            service.executor().execute(() -> {
                threads.add(Thread.currentThread().getName());
                both.countDown();
                awaitQuietly(both);
            });
        }
        service.close();

        // THEN
        then(threads).containsExactly("thaw-files-1", "thaw-files-2");
        await("threads have ended")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> then(Thread.getAllStackTraces().keySet())
                        .noneMatch(thread -> threads.contains(thread.getName())));
        thenThrownBy(() -> service.executor().execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            then(latch.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
