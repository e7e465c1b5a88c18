// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.loop;

import dev.thaw.vm.lifecycle.Threads;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that waits for sockets and runs what is to be done about them. State that only its tasks and handlers touch
 * needs no locks. Only the loop closes what it watches: a channel that is closed behind its back takes its handler's last
 * word with it.
 *
 * <p>{@link #execute}, {@link #submit} and both {@code close} may be called from any thread; the rest only from the
 * loop's own.
 */
public final class EventLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(5);

    private final Selector selector;
    private final Thread thread;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    /** Loop's thread only. */
    private final PriorityQueue<Delayed> delayed = new PriorityQueue<>((a, b) -> Long.signum(a.atNanos - b.atNanos));

    private volatile boolean closing;
    /** The thread looks at {@link #tasks} for the last time. */
    private volatile boolean ended;

    private record Delayed(long atNanos, Runnable task) {}

    /** Why a channel was closed that this side has closed, and nobody broke. */
    public static final class ClosedException extends IOException {
        private static final long serialVersionUID = 1L;

        public ClosedException(String message) {
            super(message);
        }
    }

    /** What to do when a channel is ready. */
    public interface Handler {
        /** The key's channel is ready for what the key was interested in. */
        void ready(SelectionKey key) throws IOException;

        /**
         * The loop has closed the channel.
         *
         * @param cause what {@link #ready} threw, or who closed it: a {@link ClosedException} if this side did
         */
        void closed(Throwable cause);
    }

    private EventLoop(String name, Selector selector) {
        this.selector = selector;
        this.thread = new Thread(this::run, name);
        this.thread.setDaemon(true);
    }

    /** Starts a loop whose thread has the given name. It ends when the loop is closed. */
    public static EventLoop start(String name) throws IOException {
        EventLoop loop = new EventLoop(name, Selector.open());
        loop.thread.start();
        return loop;
    }

    /** Runs a task on the loop's thread, after those given before. */
    public void execute(Runnable task) {
        if (closing) {
            throw rejected();
        }
        tasks.add(task);
        if (ended && tasks.remove(task)) {
            throw rejected();
        }
        if (Thread.currentThread() != thread) {
            selector.wakeup();
        }
    }

    private RejectedExecutionException rejected() {
        return new RejectedExecutionException(thread.getName() + " is closed.");
    }

    /** Runs a task on the loop's thread; the future has its result or what it threw. */
    public <T> CompletableFuture<T> submit(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            execute(() -> {
                try {
                    result.complete(task.call());
                } catch (Exception | Error e) {
                    result.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(e);
        }
        return result;
    }

    /** Runs a task on the loop's thread that begins something; the future has what that comes to in the end. */
    @SuppressWarnings("FutureReturnValueIgnored") // neither is: the inner future becomes the result
    public <T> CompletableFuture<T> compose(Callable<CompletableFuture<T>> task) {
        return submit(task).thenCompose(begun -> begun);
    }

    /** Watches a channel, which is set to non-blocking, until it is closed. Loop's thread only. */
    public SelectionKey register(SelectableChannel channel, int interest, Handler handler) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, interest, handler);
    }

    /**
     * Closes a channel, watched or not, and tells its handler why. Both are done when this returns, or a little later if
     * the calling thread is interrupted. Closing twice is harmless.
     *
     * @param cause a {@link ClosedException} if nothing has gone wrong
     */
    public void close(SelectableChannel channel, IOException cause) throws IOException {
        if (Thread.currentThread() == thread) {
            closeHere(channel, cause);
        } else if (channel.isOpen()) {
            CompletableFuture<Void> done = submit(() -> {
                closeHere(channel, cause);
                return null;
            });
            awaitClose(channel, done);
        }
    }

    private void awaitClose(SelectableChannel channel, CompletableFuture<Void> done) throws IOException {
        try {
            done.get(JOIN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            throw new IOException(thread.getName() + " did not close " + channel + " within " + JOIN_TIMEOUT + ".", e);
        } catch (ExecutionException e) {
            // A loop that ends closes what it watches itself.
            if (!(e.getCause() instanceof RejectedExecutionException)) {
                throw new IOException(channel + " could not be closed: " + e.getMessage(), e);
            } else if (!channel.isRegistered()) {
                channel.close();
            }
        }
    }

    private void closeHere(SelectableChannel channel, Throwable cause) throws IOException {
        SelectionKey key = channel.keyFor(selector);
        if (key != null && key.isValid()) {
            closeChannel(key, cause);
        } else {
            channel.close();
        }
    }

    /** Runs a task after some time, unless the loop ends before. Loop's thread only. */
    public void executeIn(Duration delay, Runnable task) {
        delayed.add(new Delayed(System.nanoTime() + delay.toNanos(), task));
    }

    private void run() {
        try {
            while (!closing) {
                selector.select(this::handle, millisToDelayed());
                takeDelayed();
                runTasks();
            }
        } catch (IOException e) {
            LOG.error("{} can't wait for its sockets any more and ends.", thread.getName(), e);
        } finally {
            closing = true;
            ended = true;
            runTasks();
            closeAll();
        }
    }

    /** Zero if there is nothing to wait for but sockets and tasks. */
    private long millisToDelayed() {
        if (delayed.isEmpty()) {
            return 0;
        }
        return 1 + Math.max(0, TimeUnit.NANOSECONDS.toMillis(delayed.peek().atNanos - System.nanoTime()));
    }

    private void takeDelayed() {
        while (!delayed.isEmpty() && delayed.peek().atNanos - System.nanoTime() <= 0) {
            tasks.add(delayed.remove().task);
        }
    }

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.error("A task of {} failed.", thread.getName(), e);
            }
        }
    }

    private void handle(SelectionKey key) {
        Handler handler = (Handler) key.attachment();
        try {
            if (key.isValid()) {
                handler.ready(key);
            }
        } catch (IOException | RuntimeException | Error e) {
            closeChannel(key, e);
        }
    }

    private void closeChannel(SelectionKey key, Throwable cause) {
        try {
            key.channel().close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        try {
            ((Handler) key.attachment()).closed(cause);
        } catch (RuntimeException | Error e) {
            LOG.error("{} could not tell a handler that its channel is closed.", thread.getName(), e);
        }
    }

    private void closeAll() {
        List<SelectionKey> keys = new ArrayList<>(selector.keys());
        for (SelectionKey key : keys) {
            if (key.isValid()) {
                closeChannel(key, new ClosedException(thread.getName() + " was closed."));
            }
        }
        try {
            selector.close();
        } catch (IOException e) {
            LOG.warn("{} could not close its selector.", thread.getName(), e);
        }
    }

    /** Closes every channel that it watches, tells their handlers, and ends the thread. */
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        Threads.awaitEnd(thread, JOIN_TIMEOUT);
    }
}
