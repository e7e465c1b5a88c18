// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.Digest;
import dev.thaw.image.pipe.OwnedThreads;
import dev.thaw.image.tree.ByteRegion;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk in the cache that another one is made of. It stays open, and so readable, whatever becomes of its name. A thread of
 * its own hashes it from the start on, which also brings it into the page cache in the order in which it is needed; what
 * has been read counts only when {@link #awaitCheck} has returned. Confined to one thread, but for the region.
 */
public final class SourceDisk implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SourceDisk.class);
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path file;
    private final Path note;
    private final Digest key;
    private final DiskRecord noted;
    private final FileChannel channel;
    /** What the file is, so that not another one in its place is thrown away; null if the system can't tell. */
    private final Object fileKey;

    private final Thread thread;
    private volatile boolean closing;
    /** What the check has found, when its thread has ended; null if that is not the whole hash. */
    private volatile byte[] hash;

    private volatile IOException failure;

    private SourceDisk(Path file, Path note, Digest key, DiskRecord noted, FileChannel channel, Object fileKey) {
        this.file = file;
        this.note = note;
        this.key = key;
        this.noted = noted;
        this.channel = channel;
        this.fileKey = fileKey;
        this.thread = new Thread(this::hashAll, "thaw-image-disk-check");
        thread.setDaemon(true);
    }

    /** Opens it, and only then looks at its length, so that both are of the same file. */
    static Optional<SourceDisk> open(Path file, Path note, Digest key, DiskRecord noted) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            LOG.debug("No disk {}", file, e);
            return Optional.empty();
        }
        boolean isWhole = false;
        try {
            isWhole = channel.size() == noted.sizeBytes();
            Object fileKey = fileKey(file);
            return isWhole ? Optional.of(new SourceDisk(file, note, key, noted, channel, fileKey)) : Optional.empty();
        } finally {
            if (!isWhole) {
                channel.close();
            }
        }
    }

    private static Object fileKey(Path file) throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException e) {
            LOG.debug("{} has just lost its name", file, e);
            return null;
        }
    }

    /** Starts to hash it. */
    public void startCheck() {
        thread.start();
    }

    /** All of its bytes. */
    public ByteRegion region() {
        return new ByteRegion(channel, 0, noted.sizeBytes());
    }

    /** The disk's name in the cache. */
    public Digest key() {
        return key;
    }

    /**
     * Waits until it has been hashed.
     *
     * @throws DamagedDiskException if its bytes are not those that were noted, or can't be read
     */
    public void awaitCheck() throws IOException {
        try {
            thread.join(PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted");
            interrupted.initCause(e);
            throw interrupted;
        }
        IOException thrown = failure;
        if (thrown instanceof ClosedChannelException) {
            throw thrown; // by an interrupt: this says nothing of the disk
        }
        if (thrown != null) {
            throw new DamagedDiskException(
                    "the cached disk " + file + " can't be read: " + thrown.getMessage(), this, thrown);
        }
        byte[] found = hash;
        if (found == null) {
            throw new IOException("the cached disk " + file + " has not been read after " + PATIENCE.toMinutes()
                    + " minutes; the thread is in state " + thread.getState());
        }
        if (!noted.digest().matches(found)) {
            throw new DamagedDiskException(
                    "the cached disk " + file + " is damaged: it was noted as " + noted.digest() + ", and is now "
                            + Digest.sha256(found),
                    this,
                    null);
        }
    }

    private void hashAll() {
        MessageDigest digest = noted.digest().newMessageDigest();
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        try {
            long at = 0;
            while (at < noted.sizeBytes() && !closing) {
                chunk.clear().limit((int) Math.min(CHUNK_BYTES, noted.sizeBytes() - at));
                int got = channel.read(chunk, at);
                if (got < 0) {
                    throw new EOFException("it ends at byte " + at);
                }
                digest.update(chunk.flip());
                at += got;
            }
            hash = at == noted.sizeBytes() ? digest.digest() : null;
        } catch (IOException e) {
            failure = e;
        }
    }

    /** Removes the disk and its note, if they are still those that were opened. */
    void discard() throws IOException {
        if (fileKey == null || Objects.equals(fileKey, fileKey(file))) {
            Files.deleteIfExists(note); // first, so that nobody finds the disk by it
            Files.deleteIfExists(file);
        }
    }

    /** Ends the check. */
    @Override
    public void close() throws IOException {
        closing = true;
        try {
            OwnedThreads.join(List.of(thread));
        } finally {
            channel.close();
        }
    }
}
