// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.Digest;
import dev.thaw.image.Disk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
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

    private final Path folder;
    private final String process;

    private DiskCache(Path folder) {
        this.folder = folder;
        this.process = process();
    }

    /** A number alone comes again: in containers the first processes always have the same ones. */
    private static String process() {
        ProcessHandle self = ProcessHandle.current();
        long started = self.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return self.pid() + "-" + started + "-";
    }

    /** Opens the cache, and makes its folder if it is not there, readable by its owner only. */
    public static DiskCache open(Path cacheFolder) throws IOException {
        Path folder = cacheFolder.toAbsolutePath().resolve("disks");
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] ownerOnly = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
        Files.createDirectories(folder, ownerOnly);
        return new DiskCache(folder);
    }

    /** Writes a disk to an empty file. */
    @FunctionalInterface
    public interface Builder {
        /**
         * Writes all of it, and returns its sha256 hash.
         *
         * @param temporaries what names of temporary files have to begin with; with {@code .tmp} at the end they are
         *     removed one day if this process is killed
         */
        byte[] writeTo(FileChannel file, Path temporaries) throws IOException;
    }

    /** The disk if it is there and whole: of the length that was noted when it was built. */
    public Optional<Disk> find(Digest key) throws IOException {
        return DiskRecord.read(path(key, "json")).flatMap(noted -> {
            Path file = path(key, "erofs");
            boolean whole = file.toFile().isFile() && file.toFile().length() == noted.sizeBytes();
            return whole ? Optional.of(new Disk(file, noted.digest(), noted.sizeBytes())) : Optional.empty();
        });
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
        try (BuildLock lock =
                BuildLock.acquire(path(key, "lock"), PATIENCE, () -> find(key).isPresent())) {
            found = find(key);
            if (found.isPresent()) {
                return found.get();
            }
            if (lock.isHeld()) {
                removeLeftovers(key);
            }
            return build(key, builder);
        }
    }

    private Disk build(Digest key, Builder builder) throws IOException {
        if (Files.exists(path(key, "json"))) {
            LOG.warn(
                    "The cached disk {} is missing, not as long as it was, or not of this version; building it again",
                    path(key, "erofs"));
        }
        String name = prefix(key) + process + UUID.randomUUID();
        Path temporary = folder.resolve(name + ".tmp");
        try {
            byte[] hash;
            long size;
            try (FileChannel file =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                hash = builder.writeTo(file, folder.resolve(name));
                file.force(true);
                size = file.size();
            }
            Path place = path(key, "erofs");
            Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
            DiskRecord noted = new DiskRecord(Digest.sha256(hash), size);
            noted.write(path(key, "json"), temporary);
            syncFolder();
            return new Disk(place, noted.digest(), size);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private void syncFolder() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** What a JVM left that was killed while it held the lock that is ours now. */
    private void removeLeftovers(Digest key) throws IOException {
        String ours = prefix(key) + process;
        try (DirectoryStream<Path> temporaries = Files.newDirectoryStream(folder, prefix(key) + "*.tmp")) {
            for (Path temporary : temporaries) {
                if (!temporary.getFileName().toString().startsWith(ours)) {
                    deleteIfStillThere(temporary);
                }
            }
        }
    }

    private static void deleteIfStillThere(Path file) throws IOException {
        try {
            Files.delete(file);
            LOG.info("Removed {}, which a killed process left", file);
        } catch (NoSuchFileException e) {
            LOG.debug("{} is gone already", file, e);
        }
    }

    private Path path(Digest key, String extension) {
        return folder.resolve(prefix(key) + extension);
    }

    private static String prefix(Digest key) {
        return key.algorithm() + "-" + key.hex() + ".";
    }
}
