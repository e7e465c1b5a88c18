// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.devices.testing.MemoryTree;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sends whatever a guest could: each request gets one answer of the right length, or none where there is none. */
class FuseServerFuzzTest {
    private static final String SEED = "thaw.fuse.seed";

    @FuzzTest
    void any_bytes_get_the_answers_that_are_due(byte[] data) throws IOException {
        try (MemoryTree tree = new MemoryTree()) {
            FuseServer server = new FuseServer(
                    tree, FuseOptions.defaults().withLimits(8, 4), Runnable::run, n -> true, Notifier.NONE);
            FuzzedGuest guest = new FuzzedGuest(server);
            guest.feed(data);
            guest.thenServerServes();
            guest.close();
        }
    }

    @Test
    void a_hundred_thousand_likely_requests_get_the_answers_that_are_due() throws IOException {
        long seed = Long.getLong(SEED, System.nanoTime());
        System.out.println("-D" + SEED + "=" + seed);
        for (int run = 0; run < 200; run++) {
            any_bytes_get_the_answers_that_are_due(LikelyRequests.of(new Random(seed + run), 500));
        }
    }
}
