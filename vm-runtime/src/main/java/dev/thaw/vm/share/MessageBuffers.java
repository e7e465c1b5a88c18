// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Direct buffers for messages that outlive their frame, as making one anew for each takes longer than most requests. Bounded
 * in what it keeps, not in what it gives: what is under way bounds that. Thread-safe.
 */
final class MessageBuffers {
    /** What a message may have: 1 MiB of data and its headers. */
    static final int MAX_BYTES = (1 << 20) + 4096;

    private static final int SMALL_BYTES = 4096;
    private static final int KEPT_SMALL = 64;
    private static final int KEPT_LARGE = 8;

    private final BlockingQueue<ByteBuffer> small = new ArrayBlockingQueue<>(KEPT_SMALL);
    private final BlockingQueue<ByteBuffer> large = new ArrayBlockingQueue<>(KEPT_LARGE);

    /** An empty buffer with room for so many bytes, at most {@link #MAX_BYTES}. */
    ByteBuffer take(int bytes) {
        ByteBuffer kept = (bytes <= SMALL_BYTES ? small : large).poll();
        if (kept != null) {
            return kept.clear();
        }
        return ByteBuffer.allocateDirect(bytes <= SMALL_BYTES ? SMALL_BYTES : MAX_BYTES);
    }

    /** Gives a buffer back that nobody uses any more; one too many is left to the garbage collector. */
    void giveBack(ByteBuffer buffer) {
        (buffer.capacity() == SMALL_BYTES ? small : large).offer(buffer);
    }
}
