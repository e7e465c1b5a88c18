// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file that is to replace a target: beside it, named after it and this process, deleted on close if it was not
 * needed. No two runs have the same name, so whoever clears one that is in use makes that run fail, but never puts
 * half a file in the target's place.
 */
final class Replacement implements AutoCloseable {
    /** target.PID-START-UUID.dedup, the start in milliseconds since 1970; 0 if it is not known. */
    private static final Pattern NAME =
            Pattern.compile(".+\\.(\\d{1,18})-(\\d{1,18})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.dedup");

    /** The kernel tells the time of boot in whole seconds, and starts of processes from there. */
    private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

    private final Path file;
    private final Path target;
    private final Path folder;

    Replacement(Path target) {
        this.target = target;
        this.folder = folder(target);
        ProcessHandle self = ProcessHandle.current();
        long start = self.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        this.file = folder.resolve(
                target.getFileName() + "." + self.pid() + "-" + start + "-" + UUID.randomUUID() + ".dedup");
    }

    private static Path folder(Path target) {
        return Objects.requireNonNull(target.toAbsolutePath().getParent(), "a file has a parent");
    }

    static boolean isReplacement(Path file) {
        return NAME.matcher(file.getFileName().toString()).matches();
    }

    /** Deletes what runs of processes that have ended left in the folder. */
    static void clearLeftovers(Path folder) throws IOException {
        for (Path entry : PrivateFiles.list(folder)) {
            Matcher name = NAME.matcher(entry.getFileName().toString());
            if (name.matches() && !lives(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)))) {
                Files.deleteIfExists(entry);
            }
        }
    }

    static void clearLeftoversBeside(Path target) throws IOException {
        clearLeftovers(folder(target));
    }

    private static boolean lives(long pid, long startMillis) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
        if (process.isEmpty()) {
            return false;
        }
        Optional<Instant> start = process.get().info().startInstant();
        if (start.isEmpty() || startMillis == 0) {
            return true;
        }
        Duration apart =
                Duration.between(Instant.ofEpochMilli(startMillis), start.get()).abs();
        return apart.compareTo(START_TOLERANCE) <= 0;
    }

    Path file() {
        return file;
    }

    /** Makes its content survive a power cut. */
    void sync() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Puts it in the target's place: after a crash that is the old file or the new one. */
    void moveIntoPlace() throws IOException {
        Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.syncFolder(folder);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }
}
