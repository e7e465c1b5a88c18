// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.log;

import dev.thaw.vm.LogLine;
import dev.thaw.vm.Logs;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread that hands lines to a consumer, so that a slow consumer holds up nobody else. */
final class LogFollower implements Logs.Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(LogFollower.class);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
    private static final long JOIN_MILLIS = 1000;

    private final LogBuffer log;
    private final Consumer<LogLine> consumer;
    private final Consumer<LogFollower> ended;
    private final Thread thread;
    private volatile boolean cancelled;

    LogFollower(String name, LogBuffer log, Consumer<LogLine> consumer, Consumer<LogFollower> ended) {
        this.log = log;
        this.consumer = consumer;
        this.ended = ended;
        this.thread = new Thread(this::run, name);
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            long next = 0;
            boolean more = true;
            while (more && !cancelled) {
                LogBuffer.Batch batch = log.await(next, LOOK_AGAIN);
                deliver(batch);
                next = batch.next();
                more = !batch.closed();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            LOG.error("A consumer of log lines failed and gets no more of them ({}).", thread.getName(), e);
        } finally {
            ended.accept(this);
        }
    }

    private void deliver(LogBuffer.Batch batch) {
        if (batch.lost() > 0) {
            consumer.accept(
                    LogBuffer.lostLine(batch.lost(), batch.lines().get(0).time()));
        }
        for (LogLine line : batch.lines()) {
            if (!cancelled) {
                consumer.accept(line);
            }
        }
    }

    /** Waits for the thread's end; returns when it has ended or the time is over. */
    void join(long millis) {
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        cancelled = true;
        if (Thread.currentThread() != thread) {
            thread.interrupt();
            join(JOIN_MILLIS);
        }
    }
}
