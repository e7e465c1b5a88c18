// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import dev.thaw.snapshot.disk.FullIo;
import dev.thaw.snapshot.disk.Pages;
import dev.thaw.snapshot.disk.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.LongConsumer;

/** Large files that are mostly zeros: copied with holes, and hashed by chunks. Stateless. */
public final class SparseFiles {
    private static final byte[] ZEROS = new byte[Pages.BYTES];

    private SparseFiles() {}

    /**
     * What was read.
     *
     * @param chunks the hashes of the content
     * @param dataBytes how much of it is in pages that are not all zeros
     */
    public record Content(ChunkList chunks, long dataBytes) {}

    /** Copies into a file that is there and empty, and syncs it. Pages of zeros are left out, and read back as zeros. */
    public static Content copy(Path from, Path to) throws IOException {
        return copy(from, to, DataChunks.all(Files.size(from)));
    }

    /**
     * The same.
     *
     * @param data chunks that may have other than zeros; the rest is not read
     */
    public static Content copy(Path from, Path to, BitSet data) throws IOException {
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
                RandomAccessFile out = new RandomAccessFile(to.toFile(), "rw")) {
            // Before anything is written: XFS keeps blocks behind the end of a file that grows, though holes are wanted
            // there.
            out.setLength(in.size());
            Content content = read(
                    in,
                    data,
                    (at, bytes, start, count) ->
                            FullIo.write(out.getChannel(), ByteBuffer.wrap(bytes, start, count), at));
            out.getChannel().force(true);
            return content;
        }
    }

    /** Reads and hashes a whole file; of a large one the holes are not read, where the file system tells. */
    public static Content read(Path file) throws IOException {
        return read(file, position -> {});
    }

    /**
     * The same.
     *
     * @param progress is told up to which offset it has been read; not of what is zeros
     */
    public static Content read(Path file, LongConsumer progress) throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            return read(in, DataChunks.of(file), (at, bytes, start, count) -> progress.accept(at + count));
        }
    }

    private static Content read(FileChannel in, BitSet data, Run taker) throws IOException {
        long length = in.size();
        byte[] hashes = hashesOfZeros(length);
        long dataBytes = hash(in, length, data, hashes, taker);
        return new Content(new ChunkList(length, hashes), dataBytes);
    }

    private static byte[] hashesOfZeros(long length) {
        int chunks = ChunkList.chunks(length);
        byte[] hashes = new byte[ChunkList.HASH_BYTES * chunks];
        int chunkBytes = (int) Math.min(ChunkList.chunkBytes(length), length);
        byte[] whole = Sha256.newDigest().digest(new byte[chunkBytes]);
        for (int i = 0; i < chunks; i++) {
            System.arraycopy(whole, 0, hashes, i * ChunkList.HASH_BYTES, ChunkList.HASH_BYTES);
        }
        return hashes;
    }

    /** Copies what is not zeros, as the list tells, into a file that is there and empty. Neither synced nor hashed. */
    static void copyData(Path from, ChunkList chunks, Path to) throws IOException {
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
                RandomAccessFile out = new RandomAccessFile(to.toFile(), "rw")) {
            out.setLength(chunks.lengthBytes());
            byte[] chunk = new byte[(int) Math.min(chunks.chunkBytes(), chunks.lengthBytes())];
            BitSet data = chunks.chunksOfOtherThanZeros();
            for (int i = data.nextSetBit(0); i >= 0; i = data.nextSetBit(i + 1)) {
                long at = (long) i * chunks.chunkBytes();
                int count = (int) Math.min(chunk.length, chunks.lengthBytes() - at);
                read(in, ByteBuffer.wrap(chunk, 0, count), at);
                takeRuns(
                        at,
                        chunk,
                        count,
                        (page, bytes, start, length) ->
                                FullIo.write(out.getChannel(), ByteBuffer.wrap(bytes, start, length), page));
            }
        }
    }

    /** Hashes the chunks of a file that are not those of the list any more. */
    public static ChunkList hashAgain(Path file, ChunkList before, BitSet changed) throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            if (in.size() != before.lengthBytes()) {
                throw new IOException(file + " has " + in.size() + " bytes, expected " + before.lengthBytes());
            }
            byte[] hashes = before.hashes();
            hash(in, before.lengthBytes(), changed, hashes, (at, bytes, start, count) -> {});
            return new ChunkList(before.lengthBytes(), hashes);
        }
    }

    /** Takes pages that follow on each other, none of them all zeros, that are in the file at an offset. */
    private interface Run {
        void take(long at, byte[] bytes, int from, int count) throws IOException;
    }

    /** Reads those chunks in their order, once each. Returns the bytes of pages that are not all zeros. */
    private static long hash(FileChannel in, long length, BitSet wanted, byte[] hashes, Run taker) throws IOException {
        int chunkBytes = ChunkList.chunkBytes(length);
        byte[] chunk = new byte[(int) Math.min(chunkBytes, length)];
        ByteBuffer buffer = ByteBuffer.allocateDirect(chunk.length);
        MessageDigest digest = Sha256.newDigest();
        byte[] hashOfZeros = digest.digest(chunk);
        long dataBytes = 0;
        for (int i = wanted.nextSetBit(0); i >= 0; i = wanted.nextSetBit(i + 1)) {
            long at = (long) i * chunkBytes;
            int count = (int) Math.min(chunkBytes, length - at);
            read(in, buffer.clear().limit(count), at);
            buffer.flip().get(chunk, 0, count);
            long data = takeRuns(at, chunk, count, taker);
            if (data == 0 && count == chunk.length) {
                System.arraycopy(hashOfZeros, 0, hashes, i * ChunkList.HASH_BYTES, ChunkList.HASH_BYTES);
            } else {
                digest.update(chunk, 0, count);
                finish(digest, hashes, i * ChunkList.HASH_BYTES);
            }
            dataBytes += data;
        }
        return dataBytes;
    }

    private static void finish(MessageDigest digest, byte[] target, int at) {
        try {
            digest.digest(target, at, ChunkList.HASH_BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("a SHA-256 has " + ChunkList.HASH_BYTES + " bytes", e);
        }
    }

    private static void read(FileChannel in, ByteBuffer buffer, long from) throws IOException {
        if (!FullIo.read(in, buffer, from)) {
            throw new EOFException("the file ends at " + (from + buffer.position()) + ", while it is read");
        }
    }

    /** Hands out each run of pages that are not all zeros. Returns their bytes. */
    private static long takeRuns(long at, byte[] bytes, int length, Run taker) throws IOException {
        long taken = 0;
        int page = 0;
        while (page < length) {
            if (isZeroPage(bytes, page, length)) {
                page += Pages.BYTES;
                continue;
            }
            int end = page;
            while (end < length && !isZeroPage(bytes, end, length)) {
                end += Pages.BYTES;
            }
            end = Math.min(end, length);
            taker.take(at + page, bytes, page, end - page);
            taken += end - page;
            page = end;
        }
        return taken;
    }

    private static boolean isZeroPage(byte[] bytes, int from, int length) {
        int to = Math.min(from + Pages.BYTES, length);
        return Arrays.mismatch(bytes, from, to, ZEROS, 0, to - from) < 0;
    }
}
