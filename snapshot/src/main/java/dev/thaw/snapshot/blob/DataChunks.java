// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import dev.thaw.snapshot.clone.ByteRange;
import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.clone.OpenBlocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which chunks of a file are not a hole, so that a disk of a terabyte with little in it is read in no time. Stateless. */
public final class DataChunks {
    private static final Logger LOG = LoggerFactory.getLogger(DataChunks.class);

    /** Of shorter files the holes are read, too: that is quick, and spares those who use no others the native code. */
    private static final long LARGE_BYTES = 1L << 30;

    private DataChunks() {}

    /** Those that the file system has data for; all of a short file, and where it does not tell. */
    public static BitSet of(Path file) throws IOException {
        long length = Files.size(file);
        if (length < LARGE_BYTES) {
            return all(length);
        }
        try (OpenBlocks open = FileBlocks.look(file)) {
            return of(open, length);
        } catch (IOException e) {
            LOG.debug("Where {} has holes is not known, and all of it is read", file, e);
            return all(length);
        }
    }

    /** Looks once a chunk at most. */
    private static BitSet of(OpenBlocks open, long length) throws IOException {
        long chunkBytes = ChunkList.chunkBytes(length);
        BitSet data = new BitSet();
        // The last one is shorter than the others, perhaps, and then its zeros have another hash.
        data.set(Math.max(0, ChunkList.chunks(length) - 1), ChunkList.chunks(length));
        for (long at = 0; at < length; ) {
            Optional<ByteRange> next = open.nextData(at, length);
            if (next.isEmpty()) {
                break;
            }
            int last = (int) ((next.get().end() - 1) / chunkBytes);
            data.set((int) (next.get().offset() / chunkBytes), last + 1);
            at = (last + 1) * chunkBytes;
        }
        return data;
    }

    /** All that a file of that length has. */
    public static BitSet all(long length) {
        BitSet all = new BitSet();
        all.set(0, ChunkList.chunks(length));
        return all;
    }
}
