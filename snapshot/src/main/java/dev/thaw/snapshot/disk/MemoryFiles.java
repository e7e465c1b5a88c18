// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/**
 * Large files, page by page: copied so that pages of zeros become holes, and hashed.
 *
 * <p>Reads go through one direct buffer of a MiB; the hash, which costs most, runs over the same bytes while they
 * are in the processor's cache.
 */
public final class MemoryFiles {
    /** Size of a guest's page and of the file systems' blocks. */
    public static final int PAGE_BYTES = 4096;

    private static final int CHUNK_BYTES = 256 * PAGE_BYTES;
    private static final byte[] ZEROS = new byte[PAGE_BYTES];

    private MemoryFiles() {}

    /** What was copied: length and hash of the whole content, and how much of it is not holes. */
    public record Copied(long lengthBytes, String sha256, long dataBytes) {}

    /** Copies into a file that is there and empty. Pages of zeros are left out, and read back as zeros. */
    public static Copied copySparsely(Path from, Path to) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(to.toFile(), "rw")) {
            FileChannel channel = out.getChannel();
            long[] written = {0};
            Scan scan = scan(from, (offset, bytes, length) -> written[0] += writePages(channel, offset, bytes, length));
            // Trailing holes count, too.
            out.setLength(scan.lengthBytes);
            channel.force(true);
            return new Copied(scan.lengthBytes, scan.sha256, written[0]);
        }
    }

    /** SHA-256 of a file's content, as 64 hexadecimal digits. */
    public static String sha256(Path file) throws IOException {
        return sha256(file, position -> {});
    }

    /**
     * The same.
     *
     * @param progress is told up to which offset the file has been read
     */
    public static String sha256(Path file, LongConsumer progress) throws IOException {
        return scan(file, (offset, bytes, length) -> progress.accept(offset + length)).sha256;
    }

    /** How many bytes a sparse copy of the file takes on disk. */
    public static long dataBytes(Path file) throws IOException {
        long[] sum = {0};
        eachChunk(file, (offset, bytes, length) -> sum[0] += writePages(null, offset, bytes, length));
        return sum[0];
    }

    private record Scan(long lengthBytes, String sha256) {}

    private interface Chunk {
        void take(long offset, byte[] bytes, int length) throws IOException;
    }

    private static Scan scan(Path file, Chunk chunk) throws IOException {
        MessageDigest digest = newSha256();
        long length = eachChunk(file, (offset, bytes, count) -> {
            digest.update(bytes, 0, count);
            chunk.take(offset, bytes, count);
        });
        return new Scan(length, HexFormat.of().formatHex(digest.digest()));
    }

    /** Every chunk but the last one is full, so pages never straddle two. */
    private static long eachChunk(Path file, Chunk chunk) throws IOException {
        byte[] bytes = new byte[CHUNK_BYTES];
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK_BYTES);
        long offset = 0;
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            for (int count; (count = fill(in, buffer)) > 0; offset += count) {
                buffer.flip().get(bytes, 0, count);
                chunk.take(offset, bytes, count);
            }
        }
        return offset;
    }

    private static int fill(FileChannel in, ByteBuffer buffer) throws IOException {
        buffer.clear();
        while (buffer.hasRemaining() && in.read(buffer) >= 0) {
            // Short reads are allowed; only the end of the file ends a chunk early.
        }
        return buffer.position();
    }

    /** Writes each run of pages that are not all zeros; without a channel it only counts. Returns the bytes. */
    private static long writePages(FileChannel out, long offset, byte[] bytes, int length) throws IOException {
        long written = 0;
        int page = 0;
        while (page < length) {
            if (isZero(bytes, page, length)) {
                page += PAGE_BYTES;
                continue;
            }
            int end = page;
            while (end < length && !isZero(bytes, end, length)) {
                end += PAGE_BYTES;
            }
            end = Math.min(end, length);
            if (out != null) {
                writeFully(out, ByteBuffer.wrap(bytes, page, end - page), offset + page);
            }
            written += end - page;
            page = end;
        }
        return written;
    }

    private static boolean isZero(byte[] bytes, int from, int length) {
        int to = Math.min(from + PAGE_BYTES, length);
        return Arrays.mismatch(bytes, from, to, ZEROS, 0, to - from) < 0;
    }

    private static void writeFully(FileChannel out, ByteBuffer data, long at) throws IOException {
        long offset = at;
        while (data.hasRemaining()) {
            offset += out.write(data, offset);
        }
    }

    /** A new SHA-256. */
    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has to have SHA-256", e);
        }
    }
}
