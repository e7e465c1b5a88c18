// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.pipe;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Hands chunks of bytes, in order, to a sink that works in a thread of its own. So hashing and writing go on while the
 * next bytes are inflated or read; a few chunks are on their way at a time, and memory is bounded by that.
 *
 * <pre>{@code
 * try (ChunkPipe pipe = new ChunkPipe("name", sink)) {
 *     byte[] chunk = pipe.chunk();
 *     pipe.send(chunk, fill(chunk));
 *     pipe.finish();
 * }
 * }</pre>
 *
 * <p>What the sink throws comes out of the next call here, and it gets no more chunks. Closing ends the thread, with an
 * interrupt if it has not finished; a sink that writes to a channel loses the channel then. Confined to the thread that
 * made it, as the sink is to the pipe's.
 */
public final class ChunkPipe implements AutoCloseable {
    /** Size of each chunk. */
    public static final int CHUNK_BYTES = 1 << 19;

    private static final int CHUNKS = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final byte[] NONE = {};

    /** Takes the bytes; the array is filled anew as soon as this returns. */
    @FunctionalInterface
    public interface Sink {
        /** Takes {@code chunk[0, length)}. */
        void accept(byte[] chunk, int length) throws IOException;
    }

    private static final class Filled {
        final byte[] chunk;
        final int length;

        Filled(byte[] chunk, int length) {
            this.chunk = chunk;
            this.length = length;
        }
    }

    private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(CHUNKS + 1);
    /** One with nothing in it is the end. */
    private final BlockingQueue<Filled> filled = new ArrayBlockingQueue<>(CHUNKS + 1);

    private final Sink sink;
    private final Thread thread;
    /** Why the sink takes no more. */
    private volatile Throwable failure;

    /** Starts the thread, which has that name. */
    public ChunkPipe(String threadName, Sink sink) {
        this.sink = sink;
        for (int i = 0; i < CHUNKS; i++) {
            empty.add(new byte[CHUNK_BYTES]);
        }
        thread = new Thread(this::run, threadName);
        thread.setDaemon(true);
        thread.start();
    }

    /** A chunk to fill. Waits until the sink is done with one. */
    public byte[] chunk() throws IOException {
        throwFailure();
        byte[] chunk;
        try {
            chunk = empty.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        throwFailure();
        if (chunk == null) {
            throw stuck();
        }
        return chunk;
    }

    /** Sends {@code chunk[0, length)}, at least one byte, on its way; the chunk is one that {@link #chunk} gave. */
    public void send(byte[] chunk, int length) throws IOException {
        if (length < 1) {
            throw new IllegalArgumentException("a chunk of " + length + " bytes");
        }
        throwFailure();
        filled.add(new Filled(chunk, length));
    }

    /** Waits until the sink has taken everything; then nothing more can be sent. */
    public void finish() throws IOException {
        filled.add(new Filled(NONE, 0));
        try {
            thread.join(PATIENCE.toMillis());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        throwFailure();
        if (thread.isAlive()) {
            throw stuck();
        }
    }

    /** Ends the thread; what it has not taken is lost. */
    @Override
    public void close() throws IOException {
        thread.interrupt();
        OwnedThreads.join(List.of(thread));
    }

    private void run() {
        try {
            for (Filled next = next(); next.length > 0; next = next()) {
                sink.accept(next.chunk, next.length);
                empty.add(next.chunk);
            }
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            empty.add(NONE); // wakes whoever waits for a chunk
        }
    }

    private Filled next() throws IOException {
        Filled next;
        try {
            next = filled.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        if (next == null) {
            throw new IOException(
                    "nothing came to thread " + thread.getName() + " for " + PATIENCE.toMinutes() + " minutes");
        }
        return next;
    }

    private void throwFailure() throws IOException {
        Throwable thrown = failure;
        if (thrown instanceof IOException e) {
            throw e;
        } else if (thrown instanceof RuntimeException e) {
            throw e;
        } else if (thrown instanceof Error e) {
            throw e;
        }
    }

    private IOException stuck() {
        return new IOException("thread " + thread.getName() + " has taken nothing for " + PATIENCE.toMinutes()
                + " minutes; it is in state " + thread.getState());
    }

    private static InterruptedIOException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        InterruptedIOException interrupted = new InterruptedIOException("interrupted");
        interrupted.initCause(e);
        return interrupted;
    }
}
