// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.pipe.OwnedThreads;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads a file once, from its start to its end, in a thread of its own that hashes it. Somebody who needs its bytes in about
 * that order follows close behind and copies them from the last chunks, so that the file comes from the storage once.
 *
 * <p>The thread stays some chunks ahead of its follower, and goes on alone when {@link #finish} is called. Thread-safe.
 */
final class SequentialRead implements Closeable {
    static final int CHUNK_BYTES = 1 << 20;
    /** What is kept, and how much of that is ahead of the follower. */
    private static final int CHUNKS = 16, AHEAD = 12;

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final FileChannel file;
    private final long length;
    private final MessageDigest digest;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** What follows is guarded by the lock. */
    private final byte[][] kept = new byte[CHUNKS][];
    /** How many chunks have been read. */
    private long read;
    /** The last chunk that somebody has asked for. */
    private long wanted;

    private boolean followed;
    private boolean closing;
    private byte[] hash;
    private IOException failure;

    /**
     * Starts to read.
     *
     * @param file opened by {@link UncachedFile}; this does not own it, but no other may read from it
     */
    SequentialRead(String threadName, FileChannel file, long length, MessageDigest digest) {
        this.file = file;
        this.length = length;
        this.digest = digest;
        this.thread = new Thread(this::run, threadName);
        thread.setDaemon(true);
        thread.start();
    }

    /** From here on {@link #copy} waits for what is still to come. */
    void follow() {
        lock.lock();
        try {
            followed = true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Copies what one chunk has from that position on, as far as there is room. Returns how much that was; 0 if the chunk is
     * not kept any more, or nobody follows yet.
     */
    int copy(ByteBuffer target, long position) throws IOException {
        long chunk = position / CHUNK_BYTES;
        int from = (int) (position % CHUNK_BYTES);
        lock.lock();
        try {
            if (chunk >= read && !followed) {
                return 0;
            }
            await(chunk);
            if (chunk < read - CHUNKS) {
                return 0;
            }
            int count = Math.min(target.remaining(), bytesIn(chunk) - from);
            target.put(kept[(int) (chunk % CHUNKS)], from, count);
            return count;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until a chunk has been read, and until the whole file has been hashed for the chunk behind the last one. */
    private void await(long chunk) throws IOException {
        if (chunk > wanted) {
            wanted = chunk;
            changed.signalAll();
        }
        long left = PATIENCE.toNanos();
        try {
            while (failure == null && (chunk < chunks() ? read <= chunk : hash == null)) {
                if (left <= 0) {
                    throw new IOException("thread " + thread.getName() + " has read " + read + " of " + chunks()
                            + " MiB after " + PATIENCE.toMinutes() + " minutes; it is in state " + thread.getState());
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted");
            interrupted.initCause(e);
            throw interrupted;
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Waits until all has been read, and returns the hash. */
    byte[] finish() throws IOException {
        lock.lock();
        try {
            await(chunks());
            return hash.clone();
        } finally {
            lock.unlock();
        }
    }

    private long chunks() {
        return (length + CHUNK_BYTES - 1) / CHUNK_BYTES;
    }

    private int bytesIn(long chunk) {
        return (int) Math.min(CHUNK_BYTES, length - chunk * CHUNK_BYTES);
    }

    private void run() {
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK_BYTES + DiskCache.BLOCK_BYTES)
                    .alignedSlice(DiskCache.BLOCK_BYTES);
            for (long chunk = 0; chunk < chunks(); chunk++) {
                if (!mayRead(chunk)) {
                    return;
                }
                fill(buffer, chunk);
                byte[] bytes = keep(buffer, chunk);
                digest.update(bytes, 0, bytesIn(chunk));
            }
            ended(digest.digest(), null);
        } catch (IOException e) {
            ended(null, e);
        } catch (InterruptedException e) {
            ended(null, new IOException("interrupted", e));
        } catch (RuntimeException | Error e) {
            ended(null, new IOException("reading ahead failed: " + e, e));
        }
    }

    private boolean mayRead(long chunk) throws InterruptedException {
        lock.lock();
        try {
            while (chunk > wanted + AHEAD && !closing) {
                // for as long as the owner wants: it closes this
                changed.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            }
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    private void fill(ByteBuffer buffer, long chunk) throws IOException {
        long start = chunk * CHUNK_BYTES;
        buffer.clear().limit(bytesIn(chunk));
        while (buffer.hasRemaining()) {
            int got = file.read(buffer, start + buffer.position());
            if (got < 0) {
                throw new EOFException("it ends at byte " + (start + buffer.position()));
            }
        }
        buffer.flip();
    }

    /** The array stays as it is until so many further chunks have been kept, by this thread. */
    private byte[] keep(ByteBuffer buffer, long chunk) {
        int slot = (int) (chunk % CHUNKS);
        lock.lock();
        try {
            if (kept[slot] == null) {
                kept[slot] = new byte[CHUNK_BYTES];
            }
            buffer.get(kept[slot], 0, buffer.remaining());
            read++;
            changed.signalAll();
            return kept[slot];
        } finally {
            lock.unlock();
        }
    }

    private void ended(byte[] computed, IOException thrown) {
        lock.lock();
        try {
            hash = computed;
            failure = thrown;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the thread. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        OwnedThreads.join(List.of(thread));
    }
}
