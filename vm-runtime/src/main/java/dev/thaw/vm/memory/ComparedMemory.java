// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import dev.thaw.vm.engine.ChangedMemory;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What differs between a machine's memory and its memory file, found by comparing them. For systems that do not tell. The
 * machine's memory is looked at in windows, so that it takes the disk room of one window and of what has changed.
 */
public final class ComparedMemory implements ChangedMemory {
    /** What is copied and compared at a time; beginnings of windows are multiples of it. */
    public static final int WINDOW_BYTES = 32 << 20;

    private final FileChannel kept;
    private final PageSet changed;

    private ComparedMemory(FileChannel kept, PageSet changed) {
        this.kept = kept;
        this.changed = changed;
    }

    /** Copies parts of a stopped machine's memory. */
    public interface Source {
        /**
         * Writes a part of the memory to a file, which is made or overwritten. What the machine can't change of it may be the
         * file's or not.
         */
        void save(long offset, int length, Path target) throws IOException;

        /** Whether what lies at this offset can't have changed, whatever was saved of it. */
        boolean isHidden(long offset);
    }

    /**
     * Compares all of it.
     *
     * @param file what the machine was restored from
     * @param bytes the machine's memory
     * @param folder for two temporary files, of which none is left
     */
    public static ComparedMemory open(Source source, Path file, long bytes, Path folder) throws IOException {
        PageSet changed = new PageSet(bytes);
        Path window = folder.resolve("memory.window");
        FileChannel kept = keep(folder.resolve("memory.changed"));
        try (FileChannel base = FileChannel.open(file, StandardOpenOption.READ)) {
            for (long offset = 0; offset < bytes; offset += WINDOW_BYTES) {
                int length = (int) Math.min(WINDOW_BYTES, bytes - offset);
                source.save(offset, length, window);
                try (FileChannel now = FileChannel.open(window, StandardOpenOption.READ)) {
                    new Comparison(source, base, now, offset, kept, changed).compare(length);
                }
            }
            return new ComparedMemory(kept, changed);
        } catch (IOException | RuntimeException e) {
            kept.close();
            throw e;
        } finally {
            Files.deleteIfExists(window);
        }
    }

    private static FileChannel keep(Path file) throws IOException {
        return FileChannel.open(
                file,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
    }

    /** One window. What differs is appended to what is kept, so that it lies there in the order of the pages. */
    private record Comparison(
            Source source, FileChannel base, FileChannel now, long window, FileChannel kept, PageSet changed) {
        void compare(int length) throws IOException {
            ByteBuffer before = ByteBuffer.allocateDirect(PageSet.MAX_RUN_BYTES);
            ByteBuffer after = ByteBuffer.allocateDirect(PageSet.MAX_RUN_BYTES);
            for (int at = 0; at < length; at += PageSet.MAX_RUN_BYTES) {
                int piece = Math.min(PageSet.MAX_RUN_BYTES, length - at);
                readFully(base, window + at, before.clear().limit(piece), "The memory file");
                readFully(now, at, after.clear().limit(piece), "The copy of the machine's memory");
                if (before.mismatch(after) >= 0) {
                    keepPages(at, before, after);
                }
            }
        }

        private void keepPages(int at, ByteBuffer before, ByteBuffer after) throws IOException {
            int piece = after.remaining();
            for (int page = 0; page < piece; page += PAGE_BYTES) {
                ByteBuffer one = after.slice(page, PAGE_BYTES);
                long offset = window + at + page;
                if (!one.equals(before.slice(page, PAGE_BYTES)) && !source.isHidden(offset)) {
                    changed.add(offset, PAGE_BYTES);
                    writeFully(kept, one);
                }
            }
        }
    }

    private static void readFully(FileChannel from, long position, ByteBuffer to, String what) throws IOException {
        while (to.hasRemaining()) {
            if (from.read(to, position + to.position()) < 0) {
                throw new EOFException(what + " ends at offset " + (position + to.position()) + ", and "
                        + to.remaining() + " bytes more are needed.");
            }
        }
        to.flip();
    }

    private static void writeFully(FileChannel to, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    @Override
    public long pages() {
        return changed.count();
    }

    @Override
    public void read(Sink sink) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PageSet.MAX_RUN_BYTES);
        kept.position(0);
        changed.forEachRun((offset, length) -> {
            long at = kept.position();
            readFully(kept, at, buffer.clear().limit(length), "What was kept of the machine's memory");
            kept.position(at + length);
            sink.accept(offset, buffer);
        });
    }

    @Override
    public void close() {
        Closing.close(kept, "a temporary file");
    }
}
