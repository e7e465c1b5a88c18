// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.loop;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that waits for sockets and runs what is to be done about them. State that only its tasks and handlers touch
 * needs no locks. {@link #execute}, {@link #submit} and {@link #close} may be called from any thread; the rest only
 * from the loop's own.
 */
public final class EventLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(5);

    private final Selector selector;
    private final Thread thread;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile boolean closing;

    /** What to do when a channel is ready. */
    public interface Handler {
        /** The key's channel is ready for what the key was interested in. */
        void ready(SelectionKey key) throws IOException;

        /** {@link #ready} threw, or the loop is closed. The loop has closed the channel. */
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
            throw new RejectedExecutionException(thread.getName() + " is closed.");
        }
        tasks.add(task);
        if (Thread.currentThread() != thread) {
            selector.wakeup();
        }
    }

    /** Runs a task on the loop's thread; the future has its result or what it threw. */
    public <T> CompletableFuture<T> submit(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            execute(() -> {
                try {
                    result.complete(task.call());
                } catch (Exception e) {
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

    private void run() {
        try {
            while (!closing) {
                selector.select(this::handle);
                runTasks();
            }
        } catch (IOException e) {
            LOG.error("{} can't wait for its sockets any more and ends.", thread.getName(), e);
        } finally {
            closing = true;
            runTasks();
            closeAll();
        }
    }

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            try {
                task.run();
            } catch (RuntimeException e) {
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
        } catch (IOException | RuntimeException e) {
            closeChannel(key, e);
        }
    }

    private static void closeChannel(SelectionKey key, Throwable cause) {
        try {
            key.channel().close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        ((Handler) key.attachment()).closed(cause);
    }

    private void closeAll() {
        List<SelectionKey> keys = new ArrayList<>(selector.keys());
        for (SelectionKey key : keys) {
            if (key.isValid()) {
                closeChannel(key, new IOException(thread.getName() + " was closed."));
            }
        }
        runTasks();
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
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        try {
            thread.join(JOIN_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        } else if (thread.isAlive()) {
            LOG.error("{} did not end within {}.", thread.getName(), JOIN_TIMEOUT);
        }
    }
}
