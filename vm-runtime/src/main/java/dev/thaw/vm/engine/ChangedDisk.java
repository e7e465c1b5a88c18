// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.engine;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes what an overlay has that its base has not, or has otherwise. */
public interface ChangedDisk {
    /**
     * Takes one or more pages that follow each other.
     *
     * @param offset in the disk, a multiple of {@link Scratch#PAGE_BYTES}
     * @param bytes whole pages, from position to limit; only valid during the call
     */
    void data(long offset, ByteBuffer bytes) throws IOException;

    /** Takes whole pages that are zeros. */
    void zeros(long offset, long count) throws IOException;
}
