// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.Digest;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** Takes a blob's bytes in order, hashes them on the way, and never takes more than there should be. Confined to one thread. */
public final class BlobWriter implements AutoCloseable {
    private static final int BLOCK_BYTES = 4096;
    private static final int BUFFER_BYTES = 1 << 19;

    private final CacheFolder folder;
    private final Digest digest;
    private final long sizeBytes;
    private final Path temporary;
    private final FileChannel file;
    /** Files that are written past the page cache take whole blocks only, and these from aligned direct buffers. */
    private final ByteBuffer blocks;

    private MessageDigest hash;
    private long position;

    private BlobWriter(CacheFolder folder, Digest digest, long sizeBytes, Path temporary, FileChannel file) {
        this.folder = folder;
        this.digest = digest;
        this.sizeBytes = sizeBytes;
        this.temporary = temporary;
        this.file = file;
        this.hash = digest.newMessageDigest();
        int bytes = (int) Math.min(BUFFER_BYTES, (sizeBytes / BLOCK_BYTES + 1) * BLOCK_BYTES);
        this.blocks = ByteBuffer.allocateDirect(bytes + BLOCK_BYTES)
                .alignedSlice(BLOCK_BYTES)
                .slice(0, bytes);
    }

    static BlobWriter create(CacheFolder folder, Digest digest, long sizeBytes) throws IOException {
        Path temporary = folder.temporary(digest.hex());
        FileChannel file = UncachedFile.create(temporary, BLOCK_BYTES);
        return new BlobWriter(folder, digest, sizeBytes, temporary, file);
    }

    /** How many bytes have come so far: where a download that broke off goes on. */
    public long position() {
        return position;
    }

    /** How many the blob has. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Forgets what has come so far, for a source that can't go on in the middle. */
    public void restart() throws IOException {
        file.truncate(0);
        file.position(0);
        blocks.clear();
        hash = digest.newMessageDigest();
        position = 0;
    }

    /** Adds bytes. Throws InvalidImageException if they are more than there should be. */
    public void write(byte[] bytes, int from, int count) throws IOException {
        if (count > sizeBytes - position) {
            throw new InvalidImageException(
                    "blob " + digest + " has the wrong length: expected " + sizeBytes + " bytes, and more came");
        }
        hash.update(bytes, from, count);
        int at = from;
        while (at < from + count) {
            int n = Math.min(blocks.remaining(), from + count - at);
            blocks.put(bytes, at, n);
            at += n;
            if (!blocks.hasRemaining()) {
                flush();
            }
        }
        position += count;
    }

    /** Puts the blob in its place, if it is whole and its digest is right. */
    void publish() throws IOException {
        if (position != sizeBytes) {
            throw new InvalidImageException("blob " + digest + " has the wrong length: expected " + sizeBytes
                    + " bytes, and " + position + " came");
        }
        byte[] computed = hash.digest();
        if (!digest.matches(computed)) {
            throw new InvalidImageException(
                    "blob " + digest + " has the wrong digest: the bytes that came have " + digest.withHash(computed));
        }
        while (blocks.position() % BLOCK_BYTES != 0) {
            blocks.put((byte) 0);
        }
        flush();
        try {
            file.truncate(sizeBytes);
            file.force(true);
            folder.publish(temporary, digest.hex());
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    /** Writes what is in the buffer, which is whole blocks. */
    private void flush() throws IOException {
        blocks.flip();
        try {
            while (blocks.hasRemaining()) {
                file.write(blocks);
            }
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw notWritten(e);
        }
        blocks.clear();
    }

    private CacheException notWritten(IOException e) {
        return CacheException.of(
                "blob " + digest + " of " + sizeBytes + " bytes can't be written",
                temporary.getParent(),
                "blobs, uncompressed layers and disks",
                e);
    }

    /** Leaves nothing of a blob that has not been published. */
    @Override
    public void close() throws IOException {
        try (file) {
            Files.deleteIfExists(temporary);
        }
    }
}
