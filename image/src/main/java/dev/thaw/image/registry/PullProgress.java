// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.ImageReference;
import dev.thaw.image.PullEvent;
import dev.thaw.image.layer.LayerBlob;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Counts the bytes of several downloads, and tells how far they are, though not all the time. Thread-safe. */
final class PullProgress {
    private static final long EVERY_NANOS = Duration.ofMillis(100).toNanos();

    private final ImageReference.Registry image;
    private final int layers;
    private final long totalBytes;
    private final Consumer<PullEvent> listener;
    private final long started = System.nanoTime();
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong lastTold = new AtomicLong(started);

    PullProgress(ImageReference.Registry image, List<LayerBlob> layers, Consumer<PullEvent> listener) {
        this.image = image;
        this.layers = layers.size();
        this.totalBytes = layers.stream().mapToLong(LayerBlob::length).sum();
        this.listener = listener;
    }

    void start() {
        listener.accept(new PullEvent.Started(image, layers, totalBytes));
    }

    /** So many bytes more, or less if they have to come again. */
    void add(long bytes) {
        long sum = done.addAndGet(bytes);
        long last = lastTold.get();
        long now = System.nanoTime();
        if (now - last >= EVERY_NANOS && lastTold.compareAndSet(last, now)) {
            listener.accept(new PullEvent.Progressed(image, sum, totalBytes));
        }
    }

    void finish() {
        listener.accept(new PullEvent.Finished(image, totalBytes, Duration.ofNanos(System.nanoTime() - started)));
    }
}
