// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.pipe.Closing;
import dev.thaw.image.pipe.OwnedThreads;
import dev.thaw.image.tree.ByteRegion;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Opens layers in threads of its own, two at a time. Owns the threads and the layers until it is closed. Confined to the thread that made it.
 */
public final class LayerOpener implements AutoCloseable {
    private static final int AT_ONCE = 2;
    private static final Duration PATIENCE = Duration.ofHours(1);

    private final List<Thread> workers = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE, task -> {
        Thread thread = new Thread(task, "thaw-image-layers-" + (workers.size() + 1));
        thread.setDaemon(true);
        workers.add(thread);
        return thread;
    });
    private final Map<LayerBlob, Future<OpenLayer>> coming = new HashMap<>();
    private final Queue<OpenLayer> opened = new ConcurrentLinkedQueue<>();
    private final Path temporaries;
    private final UnpackedBytes budget;

    /**
     * Has nothing to do yet.
     *
     * @param temporaries what names of temporary files begin with
     * @param maxUnpackedBytes what all layers together may have uncompressed
     */
    public LayerOpener(Path temporaries, long maxUnpackedBytes) {
        this.temporaries = temporaries;
        this.budget = new UnpackedBytes(maxUnpackedBytes);
    }

    /** Whether {@link #open} has been called with that layer. */
    public boolean has(LayerBlob layer) {
        return coming.containsKey(layer);
    }

    /** Opens these layers too, each for the first time, the first ones first. Returns at once. */
    public void open(List<LayerBlob> layers) {
        for (LayerBlob layer : layers) {
            String name = temporaries.getFileName() + "-layer-" + (coming.size() + 1) + ".tmp";
            Path unpacked = temporaries.resolveSibling(name);
            coming.put(layer, threads.submit(() -> {
                OpenLayer open = OpenLayer.open(layer, unpacked, budget);
                opened.add(open);
                return open;
            }));
        }
    }

    /** Waits for a layer's archive, which stays open until this is closed; throws what opening it threw. */
    public ByteRegion archive(LayerBlob layer) throws IOException {
        try {
            return coming.get(layer)
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .archive();
        } catch (ExecutionException e) {
            throw rethrown(e);
        } catch (TimeoutException e) {
            throw new IOException("it is still not open after " + PATIENCE.toMinutes() + " minutes", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    private static IOException rethrown(ExecutionException e) {
        if (e.getCause() instanceof RuntimeException unchecked) {
            throw unchecked;
        } else if (e.getCause() instanceof Error error) {
            throw error;
        }
        return (IOException) e.getCause(); // opening a layer throws nothing else
    }

    /** Call this when all contents have been read: what was read of plain layers is what was checked. */
    public void checkUnchanged() throws IOException {
        for (OpenLayer layer : opened) {
            layer.checkUnchanged();
        }
    }

    /** Stops what is still being opened, waits for its end, and closes all layers. */
    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        // What they have opened by then is known only when they have ended.
        Closing.all(List.of(() -> OwnedThreads.join(workers), () -> Closing.all(opened)));
    }
}
