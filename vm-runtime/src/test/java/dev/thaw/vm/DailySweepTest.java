// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import dev.thaw.snapshot.BakeKey;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DailySweepTest {
    private static final BakeKey KEY = BakeKey.builder().part("image", "redis").build();

    @TempDir
    Path folder;

    @Test
    void what_is_beyond_the_limits_goes_by_itself_and_the_thread_with_it() throws IOException {
        try (SnapshotStore store = SnapshotStore.open(folder.resolve("store"), new StoreOptions(false))) {
            store.<IOException>findOrBake(KEY, Duration.ofSeconds(10), draft -> {
                Files.write(draft.rawMemory(), new byte[] {1});
                Files.write(draft.deviceState(), new byte[] {1});
            });

            DailySweep sweep = DailySweep.start(store, new CacheLimits(OptionalLong.of(0), Duration.ofDays(1)));
            await("the sweep")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> store.find(KEY).isEmpty());
            sweep.close();
            then(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().equals("thaw-daily-sweep"));
        }
    }
}
