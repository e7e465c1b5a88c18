// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.Inotify;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches folders and single files of a Linux host. What is watched is known by keys that the caller chooses, and whose
 * {@code equals} counts. Thread-safe.
 *
 * <p>Events are delivered by the watcher's thread or by whoever calls {@link #drain}, one at a time: reading and
 * delivering are one step under one lock, so that what has been read has been delivered once the lock is free.
 */
public final class FolderWatcher<K> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FolderWatcher.class);

    private static final int FILE_EVENTS = Inotify.MODIFY | Inotify.ATTRIB | Inotify.DELETE_SELF | Inotify.MOVE_SELF;
    private static final int FOLDER_EVENTS =
            FILE_EVENTS | Inotify.CREATE | Inotify.DELETE | Inotify.MOVED_FROM | Inotify.MOVED_TO | Inotify.ONLYDIR;

    private static final int BUFFER_BYTES = 64 << 10;
    private static final Duration POLL = Duration.ofMinutes(1);
    private static final Duration LONGEST_DELIVERY = Duration.ofSeconds(10);

    private final Inotify inotify;
    private final Watches<K> watches = new Watches<>();
    private final WatchListener<K> listener;
    private final EventParser<K> parser;
    /** Fair: under a storm of events its thread would else take the lock again and again before those who drain. */
    private final ReentrantLock delivery = new ReentrantLock(true);

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.nativeOrder());
    private final Thread thread;
    private volatile boolean closed;

    private FolderWatcher(Inotify inotify, String name, WatchListener<K> listener) {
        this.inotify = inotify;
        this.listener = listener;
        this.parser = new EventParser<>(watches, listener);
        this.thread = new Thread(this::run, "thaw-watch-" + name);
        thread.setDaemon(true);
    }

    /**
     * Starts a watcher.
     *
     * @param name for its thread, {@code thaw-watch-NAME}
     * @throws WatchLimitException if the user has as many queues as the host allows
     */
    public static <K> FolderWatcher<K> start(String name, WatchListener<K> listener) throws IOException {
        try {
            FolderWatcher<K> watcher = new FolderWatcher<>(Inotify.open(), name, listener);
            watcher.thread.start();
            return watcher;
        } catch (ErrnoException e) {
            throw e.errno() == Errno.EMFILE
                    ? new WatchLimitException("watching " + name, "fs.inotify.max_user_instances", e)
                    : e;
        }
    }

    /**
     * Watches a folder: itself and what is in it, but not what is in folders in it. Changes after the return are seen.
     *
     * @param folder links are followed, so that {@code /proc/self/fd/N} is an open descriptor's folder, whatever
     *     its name
     * @throws WatchLimitException if the user has as many watches as the host allows
     * @throws ErrnoException ENOTDIR if it is none, and what else the host says
     */
    public void watchFolder(K key, Path folder) throws IOException {
        watch(key, folder, FOLDER_EVENTS);
    }

    /**
     * Watches one file, as {@link #watchFolder} does a folder. Its changes are seen whatever name they are made
     * through.
     */
    public void watchFile(K key, Path file) throws IOException {
        watch(key, file, FILE_EVENTS);
    }

    private void watch(K key, Path path, int events) throws IOException {
        try {
            watches.add(key, () -> add(path, events), this::remove);
        } catch (ErrnoException e) {
            throw e.errno() == Errno.ENOSPC
                    ? new WatchLimitException("watching " + path, "fs.inotify.max_user_watches", e)
                    : e;
        }
    }

    /** Under the watches' lock, which the close takes before it frees anything. */
    private int add(Path path, int events) throws IOException {
        requireOpen();
        return inotify.add(path.toString(), events);
    }

    /** Nothing that happens from now on is told for this key; of what has happened something still may be. */
    public void unwatch(K key) {
        watches.remove(key, this::remove);
    }

    /** Under the same lock. A watch that can't be ended costs the kernel memory and nothing else. */
    private void remove(int watch) {
        try {
            if (!closed) {
                inotify.remove(watch);
            }
        } catch (ErrnoException e) {
            log.warn("a watch can't be ended", e);
        }
    }

    /** How many files and folders are watched. */
    public int size() {
        return watches.size();
    }

    /**
     * Returns when all that the host's kernel had queued at the call has been delivered, mostly at once: a call that
     * has returned before has its events in the queue.
     *
     * @throws IOException if a delivery takes longer than 10 seconds, or the watcher is closed
     */
    public void drain() throws IOException {
        if (delivery.isHeldByCurrentThread()) {
            throw new IllegalStateException("drain is called by a listener, which would wait for itself");
        }
        lockDelivery("drain");
        try {
            requireOpen();
            deliver(inotify.available());
            lookAgain();
        } finally {
            delivery.unlock();
        }
    }

    private void lockDelivery(String what) throws IOException {
        try {
            if (!delivery.tryLock(LONGEST_DELIVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(what + ": a listener of " + thread.getName() + " has been busy for "
                        + LONGEST_DELIVERY.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(what + ": interrupted while waiting for " + thread.getName(), e);
        }
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException(thread.getName() + " is closed");
        }
    }

    private void run() {
        while (!closed) {
            try {
                inotify.await(POLL);
                deliverOnce();
            } catch (ErrnoException e) {
                log.error("{} ends: changes of the host will not be seen", thread.getName(), e);
                tellLoss();
                return;
            }
        }
    }

    private void tellLoss() {
        delivery.lock();
        try {
            parser.overflowed();
        } finally {
            delivery.unlock();
        }
    }

    /** One bufferful, and a look whether that was all; then others get their turn. */
    private void deliverOnce() throws ErrnoException {
        delivery.lock();
        try {
            if (!closed) {
                deliver(1);
                lookAgain();
            }
        } finally {
            delivery.unlock();
        }
    }

    /** Under the lock: has the listener told that the queue is empty, if it is; nobody may come to look for long. */
    private void lookAgain() throws ErrnoException {
        if (inotify.available() == 0) {
            deliver(1);
        }
    }

    /** Under the lock: at least so many bytes, as far as there are. */
    private void deliver(int bytes) throws ErrnoException {
        for (int left = bytes; left > 0; left -= buffer.limit()) {
            long look = listener.beforeLook();
            if (inotify.read(buffer) == 0) {
                listener.queueWasEmpty(look);
                return;
            }
            parser.deliver(buffer);
        }
    }

    /** Whether nothing waits to be delivered, and nothing is being delivered, of what was done before the call. */
    public boolean isEmpty() {
        if (!delivery.tryLock()) {
            return false;
        }
        try {
            return closed || inotify.available() == 0;
        } catch (ErrnoException e) {
            log.warn("{} does not tell whether it has something to tell", thread.getName(), e);
            return false;
        } finally {
            delivery.unlock();
        }
    }

    /**
     * Ends the thread and all watches; nothing is delivered afterwards. Idempotent.
     *
     * @throws IOException if a listener does not come back within 10 seconds; nothing has been freed then
     */
    @Override
    public void close() throws IOException {
        closed = true;
        inotify.wake();
        lockDelivery("close");
        try {
            watches.clear();
        } finally {
            delivery.unlock();
        }
        join();
        inotify.close();
    }

    private void join() throws IOException {
        try {
            thread.join(LONGEST_DELIVERY.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            throw new IOException(thread.getName() + " has not ended");
        }
    }
}
