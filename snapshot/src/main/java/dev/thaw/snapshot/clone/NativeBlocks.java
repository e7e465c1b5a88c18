// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;

/** Through system calls. */
final class NativeBlocks implements OpenBlocks {
    private final SystemCalls calls;
    private final Descriptor file;
    private final boolean punchBeforeWriting;

    NativeBlocks(SystemCalls calls, Descriptor file, boolean punchBeforeWriting) {
        this.calls = calls;
        this.file = file;
        this.punchBeforeWriting = punchBeforeWriting;
    }

    @Override
    public Optional<ByteRange> nextData(long from, long limit) throws IOException {
        long data;
        long hole;
        try {
            data = calls.seekData(file.number(), from, file.file());
            if (data < 0 || data >= limit) {
                return Optional.empty();
            }
            hole = calls.seekHole(file.number(), data, file.file());
        } catch (ErrnoException e) {
            if (e.is(Errno.EINVAL) || e.is(Errno.EOPNOTSUPP) || e.is(Errno.ENOTSUP)) {
                long end = Math.min(limit, Files.size(file.file()));
                return from < end ? Optional.of(ByteRange.between(from, end)) : Optional.empty();
            }
            throw e;
        }
        // Somebody may have punched or cut the file since; a range is never empty, so callers get on.
        return Optional.of(ByteRange.between(data, Math.min(limit, Math.max(hole, data + 1))));
    }

    @Override
    public void punchHole(ByteRange range) throws IOException {
        if (range.length() > 0) {
            calls.punchHole(file.number(), range, file.file());
        }
    }

    @Override
    public void discard(ByteRange range) throws IOException {
        if (punchBeforeWriting) {
            punchHole(range);
        }
    }

    @Override
    public void cloneFrom(OpenBlocks from, ByteRange range, long offset) throws IOException {
        if (range.length() > 0) {
            calls.cloneRange(((NativeBlocks) from).file, range, file, offset);
        }
    }

    @Override
    public Allocation allocation() throws IOException {
        return use().allocation();
    }

    @Override
    public BlockUse use() throws IOException {
        return calls.use(file.number(), Files.size(file.file()), file.file());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
