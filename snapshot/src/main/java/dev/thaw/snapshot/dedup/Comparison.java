// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.Pages;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Compares two files of the same length, stripe by stripe, in the caller's thread and one more: reading from the page
 * cache takes as much time as comparing, and one core does not use all of the memory's bandwidth. Used once.
 */
final class Comparison {
    /** Small enough that both threads end at about the same time. */
    static final long STRIPE_BYTES = 2048L * Pages.BYTES;

    /** A thread looks after each buffer whether to stop: only a hanging device keeps it this long. */
    private static final Duration JOIN_TIMEOUT = Duration.ofMinutes(1);

    private final FileBlocks fileSystem;
    private final Path canonical;
    private final Path target;
    private final long lengthBytes;
    private final Sinks sinks;

    private final AtomicLong nextStripe = new AtomicLong();
    private final AtomicLong doneBytes = new AtomicLong();
    private volatile boolean stop;

    /** Each thread has a sink of its own. */
    interface Sinks {
        PageSink open() throws IOException;
    }

    Comparison(FileBlocks fileSystem, Path canonical, Path target, long lengthBytes, Sinks sinks) {
        this.fileSystem = fileSystem;
        this.canonical = canonical;
        this.target = target;
        this.lengthBytes = lengthBytes;
        this.sinks = sinks;
    }

    /**
     * @param threads one or two
     * @throws InterruptedException if the thread is interrupted; soon, and the other thread has ended then, too
     */
    PageCounts run(int threads, DedupProgress progress) throws IOException, InterruptedException {
        if (threads < 2 || lengthBytes <= STRIPE_BYTES) {
            return complete(work(progress));
        }
        Helper helper = new Helper();
        helper.start();
        PageCounts mine;
        try {
            mine = work(progress);
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            stop = true;
            helper.join(e);
            throw e;
        }
        PageCounts both = complete(mine.plus(helper.result()));
        progress.at(lengthBytes, lengthBytes); // the last stripe may have been the helper's
        return both;
    }

    /** A stripe that was missed would have the wrong file's pages. */
    private PageCounts complete(PageCounts counts) {
        if (doneBytes.get() != lengthBytes) {
            throw new IllegalStateException("of " + target + ", " + lengthBytes + " bytes, only " + doneBytes.get()
                    + " were compared with " + canonical);
        }
        return counts;
    }

    private boolean goOn() {
        return !stop && !Thread.currentThread().isInterrupted();
    }

    private PageCounts work(DedupProgress progress) throws IOException, InterruptedException {
        try (ComparedFile t = ComparedFile.open(fileSystem, target, lengthBytes);
                ComparedFile c = ComparedFile.open(fileSystem, canonical, lengthBytes);
                PageSink sink = sinks.open()) {
            PageComparison comparison = new PageComparison(t, c, sink);
            while (goOn()) {
                long from = nextStripe.getAndAdd(STRIPE_BYTES);
                if (from >= lengthBytes) {
                    break;
                }
                long end = Math.min(lengthBytes, from + STRIPE_BYTES);
                if (!comparison.compare(from, end, this::goOn)) {
                    break;
                }
                progress.at(doneBytes.addAndGet(end - from), lengthBytes);
            }
            throwIfInterrupted();
            return comparison.counts();
        } catch (ClosedByInterruptException e) {
            throwIfInterrupted();
            throw e;
        }
    }

    private static void throwIfInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while files were compared");
        }
    }

    /** The second thread. What it threw is thrown to the caller. */
    private final class Helper implements Runnable {
        private final Thread thread = new Thread(this, "thaw-dedup");
        private PageCounts counts = PageCounts.NONE;
        private Throwable failure;

        void start() {
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void run() {
            try {
                counts = work(DedupProgress.NONE);
            } catch (IOException | InterruptedException | RuntimeException | Error e) {
                failure = e;
                stop = true;
            }
        }

        PageCounts result() throws IOException, InterruptedException {
            join(null);
            if (failure instanceof IOException e) {
                throw e;
            }
            if (failure != null) {
                throw new IOException("comparing " + target + " with " + canonical + " failed: " + failure, failure);
            }
            return counts;
        }

        /** Waits for the end, whatever comes; adds what the thread threw to the failure that is being thrown. */
        void join(Throwable thrown) throws IOException, InterruptedException {
            boolean interrupted = false;
            long deadline = System.nanoTime() + JOIN_TIMEOUT.toNanos();
            for (long left = JOIN_TIMEOUT.toMillis(); left > 0 && thread.isAlive(); ) {
                try {
                    thread.join(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                    stop = true;
                }
                left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            }
            if (thread.isAlive()) {
                IOException hangs = new IOException("thread " + thread.getName() + " still reads " + target + " or "
                        + canonical + " after " + JOIN_TIMEOUT);
                if (thrown == null) {
                    throw hangs;
                }
                thrown.addSuppressed(hangs);
            } else if (thrown != null && failure != null) {
                thrown.addSuppressed(failure);
            }
            if (interrupted && thrown == null) {
                throw new InterruptedException("interrupted while files were compared");
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
