// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import dev.thaw.devices.folder.ReadAheadBudget;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What all shared folders of a process have in common: the threads that wait for the host's disks. Thread-safe. Servers
 * do not own it: close them first.
 */
public final class FileService implements AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);
    private static final int MIN_THREADS = 4;
    private static final int MAX_THREADS = 16;
    private static final long READ_AHEAD_BYTES = 64L << 20;
    private static final int STREAM_BYTES = 8 << 20;

    private final ThreadPoolExecutor threads;
    private final ReadAheadBudget readAhead;

    /**
     * Starts no thread before it is needed, and keeps none for longer than ten seconds without work.
     *
     * @param threadCount how many requests may wait for the host at a time, over all shares
     * @param readAhead how much may lie read ahead, over all shares
     */
    FileService(int threadCount, ReadAheadBudget readAhead) {
        this.readAhead = readAhead;
        AtomicInteger number = new AtomicInteger();
        // Not bounded: each connection bounds what it has in flight, and the transport stops reading then.
        threads = new ThreadPoolExecutor(
                threadCount,
                threadCount,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> newThread(task, number.incrementAndGet()));
        threads.allowCoreThreadTimeOut(true);
    }

    /** With as many threads as suit this machine. */
    public static FileService start() {
        int processors = Runtime.getRuntime().availableProcessors();
        return start(Math.min(MAX_THREADS, Math.max(MIN_THREADS, 2 * processors)));
    }

    /**
     * With so many threads, and 64 MiB to read ahead.
     *
     * @param threadCount how many requests may wait for the host at a time, over all shares
     */
    public static FileService start(int threadCount) {
        return new FileService(threadCount, new ReadAheadBudget(READ_AHEAD_BYTES, STREAM_BYTES));
    }

    private static Thread newThread(Runnable task, int number) {
        Thread thread = new Thread(task, "thaw-files-" + number);
        thread.setDaemon(true);
        return thread;
    }

    /** Where what may wait is run. After the close it refuses. */
    public Executor executor() {
        return threads;
    }

    /** How much may lie read ahead. */
    ReadAheadBudget readAhead() {
        return readAhead;
    }

    /**
     * Ends the threads.
     *
     * @throws IllegalStateException if one does not end for 30 seconds, or the caller is interrupted
     */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(
                        threads.getActiveCount() + " threads thaw-files-* still wait for the host after "
                                + CLOSE_TIMEOUT.toSeconds() + " s: is a disk stuck?");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while threads thaw-files-* end", e);
        }
    }
}
