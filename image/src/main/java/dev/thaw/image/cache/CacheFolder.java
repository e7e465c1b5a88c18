// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder whose files are there whole or not at all: written beside their place, synced, renamed, and the folder
 * synced. Shared by all JVMs of a user. Thread-safe.
 *
 * <p>What a killed process left on the way to a file goes when that file is written. For small files, of which there are
 * many, the folder is looked through only once, at the first write; what processes leave after that is for whoever opens
 * the folder next.
 */
final class CacheFolder {
    private static final Logger LOG = LoggerFactory.getLogger(CacheFolder.class);

    private static final String TEMPORARY = ".tmp";
    /** On the way to the file of that name, by the process of that number and start. */
    private static final Pattern OWNED = Pattern.compile("(.+?)\\.(\\d{1,18})-(\\d{1,18})-.*");

    private final Path path;
    private final String process;
    /** What was found at the first write, by the names of the files it was on the way to. Guarded by this. */
    private Map<String, List<Path>> leftovers;

    private CacheFolder(Path path) {
        this.path = path;
        this.process = process();
    }

    /** Opens it, and makes it if it is not there, readable by its owner only. */
    static CacheFolder open(Path folder) throws IOException {
        Path path = folder.toAbsolutePath();
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] ownerOnly = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
        Files.createDirectories(path, ownerOnly);
        return new CacheFolder(path);
    }

    /** A number alone comes again: in containers the first processes always have the same ones. */
    private static String process() {
        ProcessHandle self = ProcessHandle.current();
        return self.pid() + "-" + started(self) + "-";
    }

    /** Where the file of that name is, or would be. */
    Path file(String name) {
        return path.resolve(name);
    }

    /** A temporary file on the way to a file. */
    Path temporary(String name) {
        return temporary(temporaries(name));
    }

    /** The one whose name says no more than what these begin with. */
    Path temporary(Path temporaries) {
        return temporaries.resolveSibling(temporaries.getFileName() + TEMPORARY);
    }

    /** What names of temporary files on the way to a file begin with; with {@code .tmp} behind it one is theirs. */
    Path temporaries(String name) {
        return path.resolve(name + "." + process + UUID.randomUUID());
    }

    /** Publishes a file that has been written and synced. */
    void publish(Path temporary, String name) throws IOException {
        try {
            Files.move(temporary, file(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            // A process that can't see ours, in another container perhaps, may have taken it for a leftover.
            if (!Files.exists(file(name))) {
                throw e;
            }
            LOG.debug("{} has been published by somebody else", file(name), e);
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Writes a whole small file. */
    void write(String name, byte[] content) throws IOException {
        for (Path leftover : takeLeftovers(name)) {
            deleteIfStillThere(leftover);
        }
        Path temporary = temporary(name);
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            publish(temporary, name);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Looks now for what processes left on the way to that file that live no more, and removes it. */
    void removeLeftovers(String name) throws IOException {
        for (Path leftover : findLeftovers(name).getOrDefault(name, List.of())) {
            deleteIfStillThere(leftover);
        }
    }

    /** Those of other names stay: a process that can't be seen from here, in another container, may be at work on them. */
    private synchronized List<Path> takeLeftovers(String name) throws IOException {
        if (leftovers == null) {
            leftovers = findLeftovers("");
        }
        List<Path> found = leftovers.remove(name);
        return found == null ? List.of() : found;
    }

    private Map<String, List<Path>> findLeftovers(String prefix) throws IOException {
        Map<String, List<Path>> found = new HashMap<>();
        try (DirectoryStream<Path> temporaries = Files.newDirectoryStream(path, prefix + "*" + TEMPORARY)) {
            for (Path temporary : temporaries) {
                Matcher owned = OWNED.matcher(temporary.getFileName().toString());
                if (owned.matches() && !isAlive(owned)) {
                    found.computeIfAbsent(owned.group(1), name -> new ArrayList<>())
                            .add(temporary);
                }
            }
        }
        return found;
    }

    /** A number alone is not enough, as it comes again. */
    private static boolean isAlive(Matcher owned) {
        return ProcessHandle.of(Long.parseLong(owned.group(2)))
                .filter(process -> started(process) == Long.parseLong(owned.group(3)))
                .isPresent();
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static void deleteIfStillThere(Path file) throws IOException {
        try {
            Files.delete(file);
            LOG.info("Removed {}, which a killed process left", file);
        } catch (NoSuchFileException e) {
            LOG.debug("{} is gone already", file, e);
        }
    }
}
