// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.disk.PrivateFiles;
import dev.thaw.snapshot.process.ProcessMark;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
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

    private final Path file;
    private final Path target;
    private final Path folder;

    Replacement(Path target) {
        this.target = target;
        this.folder = folder(target);
        this.file =
                folder.resolve(target.getFileName() + "." + ProcessMark.current() + "-" + UUID.randomUUID() + ".dedup");
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
            if (name.matches() && !writer(name).mayLive()) {
                Files.deleteIfExists(entry);
            }
        }
    }

    private static ProcessMark writer(Matcher name) {
        return new ProcessMark(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)));
    }

    static void clearLeftoversBeside(Path target) throws IOException {
        clearLeftovers(folder(target));
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
