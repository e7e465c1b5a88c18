// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import dev.thaw.vm.engine.ChangedMemory;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * The memory of a machine that a process has mapped privately from a file, as Linux sees it. A page of such a mapping is
 * the file's until it is written, and a page of the process's own from then on, which /proc/PID/pagemap tells: nothing
 * has to be compared or watched. It takes no more rights than to start a debugger on a child.
 */
public final class ProcessMemory implements ChangedMemory {
    private final FileChannel memory;
    private final List<Mapping> parts;
    private final PageSet changed;

    private ProcessMemory(FileChannel memory, List<Mapping> parts, PageSet changed) {
        this.memory = memory;
        this.parts = parts;
        this.changed = changed;
    }

    /**
     * Looks for what has changed.
     *
     * @param proc where the kernel shows processes: /proc
     * @param file what the machine's memory is mapped from; it may have been replaced by its like since
     * @param bytes the machine's memory
     * @throws IOException if the kernel does not tell, or the file is not mapped privately as a whole
     */
    public static ProcessMemory open(Path proc, long pid, Path file, long bytes) throws IOException {
        Path process = proc.resolve(Long.toString(pid));
        long hostPageBytes = PageMap.hostPageBytes(proc.resolve("self/auxv"));
        if (hostPageBytes % PAGE_BYTES != 0) {
            throw new IOException("Pages of " + hostPageBytes + " bytes are not made of such of " + PAGE_BYTES + ".");
        }
        List<Mapping> parts = ProcessMaps.of(MappedFile.of(file), bytes, ProcessMaps.read(process.resolve("maps")));
        PageSet changed = new PageSet(bytes);
        try (FileChannel pagemap = FileChannel.open(process.resolve("pagemap"))) {
            PageMap pages = new PageMap(pagemap, hostPageBytes);
            for (Mapping part : parts) {
                pages.scan(
                        part.start(),
                        part.end(),
                        (address, length) -> changed.add(part.fileOffset() + address - part.start(), length));
            }
        }
        if (changed.count() == 0) {
            throw new IOException(
                    "The page map of process " + pid
                            + " tells of no page that has changed, and no machine has run without. It may be a stub of a sandbox's.");
        }
        return new ProcessMemory(FileChannel.open(process.resolve("mem")), parts, changed);
    }

    @Override
    public long pages() {
        return changed.count();
    }

    @Override
    public void read(Sink sink) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PageSet.MAX_RUN_BYTES);
        changed.forEachRun((offset, length) -> {
            buffer.clear().limit(length);
            while (buffer.hasRemaining()) {
                readPart(offset + buffer.position(), buffer);
            }
            sink.accept(offset, buffer.flip());
        });
    }

    /** What one mapping has of it; the kernel may give less. */
    private void readPart(long offset, ByteBuffer buffer) throws IOException {
        Mapping part = parts.stream()
                .filter(one -> offset >= one.fileOffset() && offset < one.fileEnd())
                .findFirst()
                .orElseThrow();
        int limit = buffer.limit();
        buffer.limit((int) Math.min(limit, buffer.position() + (part.fileEnd() - offset)));
        if (memory.read(buffer, part.start() + offset - part.fileOffset()) <= 0) {
            throw new EOFException(
                    "The machine's memory can't be read at offset " + offset + "; its process has ended.");
        }
        buffer.limit(limit);
    }

    @Override
    public void close() {
        Closing.close(memory, "a process's memory");
    }
}
