// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.ImageReference;
import dev.thaw.image.PullEvent;
import dev.thaw.image.cache.CacheException;
import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.layer.LayerBlob;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Downloads layers side by side, in threads that end with it. The first failure ends all. Used once, by one thread.
 *
 * <p>Three at a time, as Docker does: more gain nothing on most lines, and registries limit them.
 */
final class LayerDownloads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LayerDownloads.class);
    private static final int MAX_THREADS = 3;
    /** Longer than any wait for a registry's answer. */
    private static final long PATIENCE_SECONDS = 120;

    private final List<LayerBlob> layers;
    private final Cancellation cancellation;
    private final ExecutorService threads;
    private final PullProgress progress;

    LayerDownloads(
            ImageReference.Registry image,
            List<LayerBlob> layers,
            Consumer<PullEvent> listener,
            Cancellation cancellation) {
        this.layers = layers;
        this.cancellation = cancellation;
        this.progress = new PullProgress(image, layers, listener);
        AtomicInteger number = new AtomicInteger();
        this.threads = Executors.newFixedThreadPool(Math.min(MAX_THREADS, layers.size()), task -> {
            Thread thread = new Thread(task, "thaw-pull-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Brings one layer, and tells how many bytes have come. */
    @FunctionalInterface
    interface Download {
        void fetch(LayerBlob layer, LongConsumer counted) throws IOException, InterruptedException;
    }

    /** Returns when all layers are there. */
    void run(Download download) throws IOException, InterruptedException {
        cancellation.add(threads::shutdownNow); // also those that wait for another JVM's download
        progress.start();
        CompletionService<Void> done = new ExecutorCompletionService<>(threads);
        for (LayerBlob layer : layers) {
            done.submit(() -> {
                try {
                    download.fetch(layer, progress::add);
                } catch (RegistryException e) {
                    throw new RegistryException(layer.name() + ": " + e.getMessage(), e);
                } catch (CacheException e) {
                    throw CacheException.of(layer.name(), e);
                }
                return null;
            });
        }
        for (int i = 0; i < layers.size(); i++) {
            try {
                done.take().get();
            } catch (ExecutionException e) {
                throw failure(e.getCause());
            }
        }
        progress.finish();
    }

    private static IOException failure(Throwable cause) throws InterruptedException {
        if (cause instanceof InterruptedException interrupted) {
            throw interrupted;
        }
        return cause instanceof IOException e ? e : new IOException("a download failed: " + cause, cause);
    }

    /** Ends what still runs, and waits until it has ended. */
    @Override
    public void close() {
        cancellation.cancel();
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("Downloads of layers have not ended after {} s", PATIENCE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.debug("Interrupted while downloads end", e);
        }
    }
}
