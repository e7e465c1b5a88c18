// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.Digest;
import dev.thaw.image.pipe.Closing;
import dev.thaw.image.tree.ByteRegion;
import java.io.Closeable;
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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk in the cache that another one is made of. It stays open, and so readable, whatever becomes of its name. All of it
 * is hashed on the way; what has been read counts only when {@link #check} has returned. Confined to one thread, but for
 * the one that it reads with.
 */
public final class SourceDisk implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(SourceDisk.class);

    private final Path file;
    private final Path note;
    private final Digest key;
    private final DiskRecord noted;
    /** What the file is, so that not another one in its place is thrown away. */
    private final Object fileKey;
    /** For what is not needed in the disk's order. */
    private final FileChannel channel;

    private final FileChannel uncached;
    private final SequentialRead sequential;
    private final ByteRegion region;

    private SourceDisk(
            Path file,
            Path note,
            Digest key,
            DiskRecord noted,
            Object fileKey,
            FileChannel channel,
            FileChannel uncached) {
        this.file = file;
        this.note = note;
        this.key = key;
        this.noted = noted;
        this.fileKey = fileKey;
        this.channel = channel;
        this.uncached = uncached;
        this.sequential = new SequentialRead(
                "thaw-image-disk-read",
                uncached,
                noted.sizeBytes(),
                noted.digest().newMessageDigest());
        this.region = new ByteRegion((ByteRegion.Bytes) this::read, 0, noted.sizeBytes());
    }

    /** Opens it, and only then looks at its length, so that both are of the same file. */
    static Optional<SourceDisk> open(Path file, Path note, Digest key, DiskRecord noted) throws IOException {
        FileChannel channel = null;
        FileChannel uncached = null;
        SourceDisk disk = null;
        try {
            Object before = fileKey(file);
            channel = FileChannel.open(file, StandardOpenOption.READ);
            uncached = UncachedFile.open(file, DiskCache.BLOCK_BYTES);
            boolean isOneFile = Objects.equals(before, fileKey(file));
            if (isOneFile && channel.size() == noted.sizeBytes()) {
                disk = new SourceDisk(file, note, key, noted, before, channel, uncached);
            }
            return Optional.ofNullable(disk);
        } catch (NoSuchFileException e) {
            LOG.debug("No disk {}", file, e);
            return Optional.empty();
        } finally {
            if (disk == null) {
                Closing.all(
                        Stream.of(channel, uncached).filter(Objects::nonNull).toList());
            }
        }
    }

    private static Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    /** The disk's name in the cache. */
    Digest key() {
        return key;
    }

    /** All of its bytes. Reading them throws {@link DamagedDiskException} if that is not possible. */
    public ByteRegion region() {
        return region;
    }

    /** From here on it is read in about its own order: from a thread that reads ahead, and past the page cache. */
    public void readInOrder() {
        sequential.follow();
    }

    private int read(ByteBuffer target, long position) throws IOException {
        try {
            int copied = sequential.copy(target, position);
            if (copied > 0) {
                return copied;
            }
            int got = channel.read(target, position);
            if (got < 0) {
                throw new EOFException("it ends at byte " + position);
            }
            return got;
        } catch (IOException e) {
            throw damagedBy(e);
        }
    }

    /**
     * Waits until all of it has been read.
     *
     * @throws DamagedDiskException if its bytes are not those that were noted, or can't be read
     */
    public void check() throws IOException {
        byte[] hash;
        try {
            hash = sequential.finish();
        } catch (IOException e) {
            throw damagedBy(e);
        }
        if (!noted.digest().matches(hash)) {
            throw new DamagedDiskException(
                    "the cached disk " + file + " is damaged: it was noted as " + noted.digest() + ", and is now "
                            + Digest.sha256(hash),
                    this,
                    null);
        }
    }

    /** An interrupt says nothing of the disk. */
    private IOException damagedBy(IOException e) {
        return e instanceof InterruptedIOException || e instanceof ClosedChannelException
                ? e
                : new DamagedDiskException("the cached disk " + file + " can't be read: " + e.getMessage(), this, e);
    }

    /** Removes the disk and its note, if they are still those that were opened. */
    void discard() throws IOException {
        try {
            if (Objects.equals(fileKey, fileKey(file))) {
                Files.deleteIfExists(note); // first, so that nobody finds the disk by it
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            LOG.debug("{} is gone already", file, e);
        }
    }

    /** Ends the thread. */
    @Override
    public void close() throws IOException {
        Closing.all(List.of(sequential, channel, uncached));
    }
}
