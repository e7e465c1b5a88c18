// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.Digest;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs that were fetched from registries, by their digests. Thread-safe, and shared by all JVMs of a user.
 *
 * <pre>
 * blobs/sha256/HEX        the blob, as in an OCI image layout
 * blobs/locks/HEX         locked by whoever fetches a blob whose digest begins with these three digits
 * blobs/sha256/HEX.PID-START-UUID.tmp   being fetched, by the process of that number and start
 * </pre>
 */
public final class BlobCache {
    private static final Logger LOG = LoggerFactory.getLogger(BlobCache.class);

    /** How long to wait for somebody who fetches the same blob. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** 4096 locks: enough that layers of one image hardly ever wait for each other. */
    private static final int LOCK_DIGITS = 3;

    private final Path root;
    /** By digest algorithm. */
    private final Map<String, CacheFolder> folders = new ConcurrentHashMap<>();

    private final CacheFolder locks;

    private BlobCache(Path root, CacheFolder locks) {
        this.root = root;
        this.locks = locks;
    }

    /** Opens the cache, and makes its folder if it is not there, readable by its owner only. */
    public static BlobCache open(Path cacheFolder) throws IOException {
        Path root = cacheFolder.toAbsolutePath().resolve("blobs");
        return new BlobCache(root, CacheFolder.open(root.resolve("locks")));
    }

    /** Brings a blob, from wherever it is. */
    @FunctionalInterface
    public interface Download {
        void to(BlobWriter blob) throws IOException, InterruptedException;
    }

    /** Where the blob is, or would be. */
    public Path path(Digest digest) {
        return root.resolve(digest.algorithm()).resolve(digest.hex());
    }

    /** True if the blob is there in full length. Whether its bytes are right is found out when they are read. */
    public boolean has(Digest digest, long sizeBytes) throws IOException {
        try {
            return Files.size(path(digest)) == sizeBytes;
        } catch (NoSuchFileException e) {
            LOG.debug("No blob {}", digest, e);
            return false;
        }
    }

    /** A small blob, if it is there and its bytes are right. One that is damaged is removed. */
    public Optional<byte[]> read(Digest digest, int maxBytes) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path(digest))) {
            bytes = in.readNBytes(maxBytes + 1);
        } catch (NoSuchFileException e) {
            LOG.debug("No blob {}", digest, e);
            return Optional.empty();
        }
        if (bytes.length > maxBytes) {
            // A layer, say, that somebody calls a manifest: the blob is not to blame.
            throw new InvalidImageException(
                    "blob " + digest + " has more than " + maxBytes + " bytes, which is too long for a document");
        }
        if (digest.matches(digest.newMessageDigest().digest(bytes))) {
            return Optional.of(bytes);
        }
        discard(digest);
        return Optional.empty();
    }

    /** Removes a blob whose bytes are not what its digest says. */
    public void discard(Digest digest) throws IOException {
        LOG.warn("The cached blob {} was damaged; it has been removed", path(digest));
        Files.deleteIfExists(path(digest));
    }

    /** Adds a blob that is in memory. */
    public void put(Digest digest, byte[] bytes) throws IOException {
        folder(digest).write(digest.hex(), bytes);
    }

    /**
     * Fetches a blob unless it is there. Other threads and JVMs that want the same one wait until it is, up to ten
     * minutes, and then fetch it for themselves.
     *
     * @return false if it was there
     * @throws InvalidImageException if the bytes that came are not those of the digest, or not so many; nothing of them
     *     is left then, nor if anything else fails
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public boolean fetch(Digest digest, long sizeBytes, Download download) throws IOException, InterruptedException {
        if (has(digest, sizeBytes)) {
            return false;
        }
        CacheFolder folder = folder(digest);
        // Some blobs share a lock, as a file for each would stay for ever.
        Path lockFile = locks.file(digest.hex().substring(0, LOCK_DIGITS));
        try (BuildLock lock =
                BuildLock.acquire(lockFile, PATIENCE, "downloading " + digest, () -> has(digest, sizeBytes))) {
            if (has(digest, sizeBytes)) {
                return false;
            }
            if (lock.isHeld()) {
                folder.removeLeftovers(digest.hex());
            }
            try (BlobWriter writer = BlobWriter.create(folder, digest, sizeBytes)) {
                download.to(writer);
                writer.publish();
            }
            return true;
        }
    }

    private CacheFolder folder(Digest digest) throws IOException {
        CacheFolder known = folders.get(digest.algorithm());
        if (known != null) {
            return known;
        }
        CacheFolder opened = CacheFolder.open(root.resolve(digest.algorithm()));
        CacheFolder first = folders.putIfAbsent(digest.algorithm(), opened);
        return first == null ? opened : first;
    }
}
