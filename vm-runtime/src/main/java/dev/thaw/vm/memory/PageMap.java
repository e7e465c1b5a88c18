// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds pages of a private mapping that are no longer the file's. Source: Linux, admin-guide/mm/pagemap: 64 bits for each page, of
 * which anybody may see bit 63 (in memory), 62 (swapped out) and 61 (a page of a file, or shared).
 */
final class PageMap {
    private static final long PRESENT = 1L << 63;
    private static final long SWAPPED = 1L << 62;
    private static final long FILE_OR_SHARED = 1L << 61;
    private static final int BUFFER_BYTES = 64 * 1024;

    /** Source: Linux, uapi/linux/auxvec.h. */
    private static final long AT_PAGESZ = 6;

    private static final int MAX_AUXV_BYTES = 64 * 1024;

    private final FileChannel pagemap;
    private final long hostPageBytes;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.nativeOrder());

    /** Takes one changed range of addresses. */
    interface Found {
        void changed(long address, long bytes);
    }

    PageMap(FileChannel pagemap, long hostPageBytes) {
        this.pagemap = pagemap;
        this.hostPageBytes = hostPageBytes;
    }

    /** A page that was written is a copy of its own, wherever that is now. */
    static boolean isChanged(long entry) {
        return (entry & (PRESENT | SWAPPED)) != 0 && (entry & FILE_OR_SHARED) == 0;
    }

    /** Looks at all pages from one address to another. */
    void scan(long start, long end, Found found) throws IOException {
        long address = start;
        while (address < end) {
            long entries = Math.min((end - address) / hostPageBytes, BUFFER_BYTES / Long.BYTES);
            readEntries(address, (int) entries);
            while (buffer.hasRemaining()) {
                if (isChanged(buffer.getLong())) {
                    found.changed(address, hostPageBytes);
                }
                address += hostPageBytes;
            }
        }
    }

    private void readEntries(long address, int entries) throws IOException {
        buffer.clear().limit(entries * Long.BYTES);
        long position = address / hostPageBytes * Long.BYTES;
        while (buffer.hasRemaining()) {
            if (pagemap.read(buffer, position + buffer.position()) <= 0) {
                throw new EOFException("The page map of the machine's process ends at address "
                        + Long.toHexString(address) + "; the process has ended.");
            }
        }
        buffer.flip();
    }

    /**
     * The size of this machine's pages.
     *
     * @param auxv /proc/self/auxv: pairs of 64-bit words, native byte order
     */
    static long hostPageBytes(Path auxv) throws IOException {
        byte[] bytes = Files.readAllBytes(auxv);
        if (bytes.length > MAX_AUXV_BYTES) {
            throw new IOException(auxv + " has " + bytes.length + " bytes.");
        }
        ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        while (words.remaining() >= 2 * Long.BYTES) {
            long key = words.getLong();
            long value = words.getLong();
            if (key == AT_PAGESZ && Long.bitCount(value) == 1 && value > 0) {
                return value;
            }
        }
        throw new IOException(auxv + " does not tell the size of a page.");
    }
}
