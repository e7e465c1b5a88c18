// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Loads native code at the first call that needs it. */
final class NativeFileBlocks implements FileBlocks {
    private final CloneSupport clones;
    private final boolean punchBeforeWriting;

    NativeFileBlocks(CloneSupport clones, boolean punchBeforeWriting) {
        this.clones = clones;
        this.punchBeforeWriting = punchBeforeWriting;
    }

    @Override
    public CloneSupport clones() {
        return clones;
    }

    @Override
    public void cloneFile(Path from, Path to) throws IOException {
        Descriptor.requireRegular(from);
        Platform.calls().cloneFile(from, to);
    }

    @Override
    public boolean clonesRanges() {
        return clones.available() && Platform.isLinux();
    }

    @Override
    public OpenBlocks open(Path file) throws IOException {
        return open(file, false);
    }

    @Override
    public OpenBlocks openForChanges(Path file) throws IOException {
        return open(file, true);
    }

    private OpenBlocks open(Path file, boolean forWriting) throws IOException {
        SystemCalls calls = Platform.calls();
        return new NativeBlocks(calls, Descriptor.open(calls, file, forWriting), punchBeforeWriting);
    }

    @Override
    public List<ByteRange> dataRanges(Path file) throws IOException {
        List<ByteRange> ranges = new ArrayList<>();
        try (OpenBlocks blocks = open(file)) {
            Optional<ByteRange> next = blocks.nextData(0, Long.MAX_VALUE);
            while (next.isPresent()) {
                ranges.add(next.get());
                next = blocks.nextData(next.get().end(), Long.MAX_VALUE);
            }
        }
        return List.copyOf(ranges);
    }

    @Override
    public Allocation allocation(Path file) throws IOException {
        try (OpenBlocks blocks = open(file)) {
            return blocks.allocation();
        }
    }

    @Override
    public BlockUse use(Path file) throws IOException {
        try (OpenBlocks blocks = open(file)) {
            return blocks.use();
        }
    }
}
