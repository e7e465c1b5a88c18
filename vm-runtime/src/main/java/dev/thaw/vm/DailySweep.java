// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import dev.thaw.snapshot.SnapshotException;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.SweepLimits;
import dev.thaw.snapshot.SweepReport;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the store to its limits, once a day, beside whatever else is done. Its thread ends with it; what it has not come to is
 * for the next one.
 */
final class DailySweep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DailySweep.class);
    private static final Duration PAUSE = Duration.ofDays(1);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(30);

    private final SnapshotStore store;
    private final CacheLimits limits;
    private final Thread thread;

    private DailySweep(SnapshotStore store, CacheLimits limits) {
        this.store = store;
        this.limits = limits;
        this.thread = new Thread(this::run, "thaw-daily-sweep");
        thread.setDaemon(true);
    }

    static DailySweep start(SnapshotStore store, CacheLimits limits) {
        DailySweep sweep = new DailySweep(store, limits);
        sweep.thread.start();
        return sweep;
    }

    private void run() {
        try {
            Optional<SweepReport> report =
                    store.sweepIfDue(new SweepLimits(limits.maxBytesIn(store.folder()), limits.maxAge()), PAUSE);
            report.filter(swept -> !swept.removed().isEmpty())
                    .ifPresent(swept -> LOG.info(
                            "Removed {} snapshots that were not used lately, {} MB; {} MB are left. Limits: {}, {}",
                            swept.removed().size(),
                            swept.freedBytes() / 1_000_000,
                            swept.keptBytes() / 1_000_000,
                            CacheLimits.MAX_BYTES,
                            CacheLimits.MAX_AGE));
        } catch (IOException | SnapshotException | IllegalStateException e) {
            if (Thread.currentThread().isInterrupted()) {
                LOG.debug("The daily sweep was ended early", e);
            } else {
                LOG.warn(
                        "The daily sweep of {} failed; it is tried again the next time: {}",
                        store.folder(),
                        e.getMessage(),
                        e);
            }
        }
    }

    /** Interrupts it and waits for its end. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(END_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
