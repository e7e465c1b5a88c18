// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes pulls to the log: their start and end, and every few seconds how far they are. Thread-safe. */
final class PullLog implements Consumer<PullEvent> {
    private static final Logger LOG = LoggerFactory.getLogger(PullLog.class);
    private static final long EVERY_NANOS = Duration.ofSeconds(5).toNanos();
    private static final double MB = 1e6;

    private final AtomicLong lastLogged = new AtomicLong(System.nanoTime());

    @Override
    public void accept(PullEvent event) {
        if (event instanceof PullEvent.Started e) {
            LOG.info("Pulling {}: {} layers, {}", e.image(), e.layers(), megabytes(e.totalBytes()));
            lastLogged.set(System.nanoTime());
        } else if (event instanceof PullEvent.Progressed e) {
            long last = lastLogged.get();
            long now = System.nanoTime();
            if (now - last >= EVERY_NANOS && lastLogged.compareAndSet(last, now)) {
                LOG.info("Pulling {}: {} of {}", e.image(), megabytes(e.doneBytes()), megabytes(e.totalBytes()));
            }
        } else if (event instanceof PullEvent.Finished e) {
            String seconds = String.format(Locale.ROOT, "%.1f", e.took().toMillis() / 1e3);
            LOG.info("Pulled {}: {} in {} s", e.image(), megabytes(e.totalBytes()), seconds);
        }
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / MB);
    }
}
