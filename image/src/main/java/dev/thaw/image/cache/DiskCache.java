// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.Digest;
import dev.thaw.image.Disk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds disks by their key, or has them built and publishes them.
 *
 * <pre>
 * disks/KEY.erofs     the disk, KEY being sha256-HEX
 * disks/KEY.json      its digest and length; written last, so a disk without it does not count
 * disks/KEY.lock      locked by whoever builds it
 * disks/KEY.PID-START-UUID*.tmp   being written, by the process of that number and start
 * </pre>
 */
public final class DiskCache {
    private static final Logger LOG = LoggerFactory.getLogger(DiskCache.class);

    /** How long to wait for somebody who builds the same disk. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** In such units disks are written. */
    static final int BLOCK_BYTES = 4096;

    private static final String DISK = ".erofs";
    private static final String NOTE = ".json";

    private final CacheFolder folder;

    private DiskCache(CacheFolder folder) {
        this.folder = folder;
    }

    /** Opens the cache, and makes its folder if it is not there, readable by its owner only. */
    public static DiskCache open(Path cacheFolder) throws IOException {
        return new DiskCache(CacheFolder.open(cacheFolder.resolve("disks")));
    }

    /** Writes a disk to an empty file, in blocks of 4096 bytes and by way of direct buffers that begin at such. */
    @FunctionalInterface
    public interface Builder {
        /**
         * Writes all of it, and returns its sha256 digest.
         *
         * @param temporaries what names of temporary files have to begin with; with {@code .tmp} at the end they are
         *     removed one day if this process is killed
         */
        Digest writeTo(FileChannel file, Path temporaries) throws IOException, InterruptedException;
    }

    /** The disk if it is there and whole: of the length that was noted when it was built. */
    Optional<Disk> find(Digest key) throws IOException {
        return DiskRecord.read(note(key)).flatMap(noted -> {
            Path file = disk(key);
            boolean whole = file.toFile().isFile() && file.toFile().length() == noted.sizeBytes();
            return whole ? Optional.of(new Disk(file, noted.digest(), noted.sizeBytes())) : Optional.empty();
        });
    }

    /**
     * The disk of that key to read from, if it is there, whole, and of that digest. The caller closes it.
     *
     * @param digest that it should be noted with
     */
    public Optional<SourceDisk> open(Digest key, Digest digest) throws IOException {
        Optional<DiskRecord> noted = DiskRecord.read(note(key));
        return noted.isPresent() && noted.get().digest().equals(digest)
                ? SourceDisk.open(disk(key), note(key), key, noted.get())
                : Optional.empty();
    }

    /**
     * The disk of that key: found, or built. One thread of one JVM builds; others wait for it, up to ten minutes, and
     * then build their own.
     *
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public Disk findOrBuild(Digest key, Builder builder) throws IOException, InterruptedException {
        Optional<Disk> found = find(key);
        if (found.isPresent()) {
            return found.get();
        }
        Path file = folder.file(nameOf(key) + ".lock");
        try (BuildLock lock = BuildLock.acquire(
                file, PATIENCE, "building a disk", () -> find(key).isPresent())) {
            found = find(key);
            if (found.isPresent()) {
                return found.get();
            }
            if (lock.isHeld()) {
                folder.removeLeftovers(nameOf(key));
            }
            return build(key, builder);
        }
    }

    private Disk build(Digest key, Builder builder) throws IOException, InterruptedException {
        if (Files.exists(note(key))) {
            LOG.warn(
                    "The cached disk {} is missing, not as long as it was, or not of this version; building it again",
                    disk(key));
        }
        Path temporaries = folder.temporaries(nameOf(key));
        Path temporary = folder.temporary(temporaries);
        try {
            Digest digest;
            long size;
            try (FileChannel file = UncachedFile.create(temporary, BLOCK_BYTES)) {
                digest = builder.writeTo(file, temporaries);
                file.force(true);
                size = file.size();
            }
            folder.publish(temporary, nameOf(key) + DISK);
            DiskRecord noted = new DiskRecord(digest, size);
            folder.write(nameOf(key) + NOTE, noted.encode());
            return new Disk(disk(key), noted.digest(), size);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private Path disk(Digest key) {
        return folder.file(nameOf(key) + DISK);
    }

    private Path note(Digest key) {
        return folder.file(nameOf(key) + NOTE);
    }

    private static String nameOf(Digest key) {
        return key.algorithm() + "-" + key.hex();
    }
}
