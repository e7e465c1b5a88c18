// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.IOException;
import java.util.Optional;

/**
 * The blocks of an open file. For one thread at a time. The file may change meanwhile: answers are then true of some
 * moment, and nothing loops for ever.
 *
 * <p>Closing it gives up POSIX locks that this process has on the file, as closing any of a file's descriptors does.
 */
public interface OpenBlocks extends AutoCloseable {
    /**
     * The first data at or after {@code from} and before {@code limit}, cut off there; empty if there are only holes.
     * Where the file system does not tell, everything is data.
     */
    Optional<ByteRange> nextData(long from, long limit) throws IOException;

    /** Makes the range zeros. Whole blocks in it are given back; the file's length stays. */
    void punchHole(ByteRange range) throws IOException;

    /**
     * Says that the whole range is going to be written next. What is in it is undefined until then.
     *
     * <p>XFS, which copies 128 KiB for each page that is written to a clone and keeps them allocated, is spared that.
     */
    void discard(ByteRange range) throws IOException;

    /**
     * Lets a part of this file share the blocks of a part of another one; {@link FileBlocks#clonesRanges} says whether
     * that is possible.
     *
     * @param from opened by the same {@link FileBlocks}
     * @param range of it, in whole blocks of the file system
     * @param offset in this file, in whole blocks
     */
    void cloneFrom(OpenBlocks from, ByteRange range, long offset) throws IOException;

    /** What the file takes on disk. */
    Allocation allocation() throws IOException;

    /** The same, and where. */
    BlockUse use() throws IOException;

    /** Does nothing the second time. */
    @Override
    void close() throws IOException;
}
