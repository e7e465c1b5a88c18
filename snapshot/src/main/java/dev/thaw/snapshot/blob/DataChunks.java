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

    private DataChunks() {}

    /** Those that the file system has data for; all where it does not tell. */
    public static BitSet of(Path file, FileBlocks blocks) throws IOException {
        long length = Files.size(file);
        try (OpenBlocks open = blocks.open(file)) {
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

    static BitSet all(long length) {
        BitSet all = new BitSet();
        all.set(0, ChunkList.chunks(length));
        return all;
    }
}
