// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The one thread that starts children. It lives until the engine is closed, because Linux ends a child that was started
 * with {@code setpriv --pdeathsig} when the thread that started it ends, not the process.
 */
final class ChildSpawner implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final ExecutorService thread;

    ChildSpawner(String name) {
        this.thread = Executors.newSingleThreadExecutor(task -> {
            Thread spawner = new Thread(task, name);
            spawner.setDaemon(true);
            return spawner;
        });
    }

    /** The child is the caller's. One that starts only after its caller has given up is killed at once. */
    Process start(ProcessBuilder builder) throws IOException {
        CompletableFuture<Process> child = new CompletableFuture<>();
        thread.execute(() -> start(builder, child));
        try {
            return Await.get(child, Deadline.in(TIMEOUT), "the start of " + builder.command());
        } catch (IOException e) {
            boolean startedJustNow = !child.completeExceptionally(e) && !child.isCompletedExceptionally();
            if (startedJustNow) {
                child.join().destroyForcibly();
            }
            throw e;
        }
    }

    private static void start(ProcessBuilder builder, CompletableFuture<Process> child) {
        if (child.isDone()) {
            return;
        }
        try {
            Process started = builder.start();
            if (!child.complete(started)) {
                started.destroyForcibly();
            }
        } catch (IOException | RuntimeException | Error e) {
            child.completeExceptionally(e);
        }
    }

    /** Ends the thread, and with it, on Linux, every child that still runs. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("A child's start has not ended within " + TIMEOUT + ".");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
