// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.engine;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The pages of a stopped machine that differ from the memory file that it was restored from. All that differ are there;
 * one that was written with what it had before may be, too. It can be read until the machine proceeds or ends. Confined
 * to one thread at a time.
 */
public interface ChangedMemory extends AutoCloseable {
    /** What changes are told in. */
    int PAGE_BYTES = 4096;

    /** How many pages of {@link #PAGE_BYTES} there are. */
    long pages();

    /**
     * Gives every page once, in the order of their offsets and in pieces of bounded size.
     *
     * @throws IOException what the sink threw, or if the memory can't be read (any more)
     */
    void read(Sink sink) throws IOException;

    /** Takes what has changed. */
    interface Sink {
        /**
         * Takes one or more pages that follow each other.
         *
         * @param offset in the memory file, a multiple of {@link #PAGE_BYTES}
         * @param bytes whole pages, from position to limit; only valid during the call
         */
        void accept(long offset, ByteBuffer bytes) throws IOException;
    }

    /** Gives up what it takes to read the memory. May be called again. */
    @Override
    void close();
}
