// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.disk;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What {@code stat} says of a file, of a link itself: two that are equal are the same file, not written to between.
 *
 * @param regular whether it is a regular file
 * @param id which file it is
 * @param lengthBytes of its content
 * @param modifiedNanos mtime, nanoseconds of Unix time: changes if it is written to
 * @param changedNanos ctime, likewise: changes even if somebody sets the mtime back
 */
public record FileState(boolean regular, Id id, long lengthBytes, long modifiedNanos, long changedNanos) {

    /**
     * Tells a file from any that comes into its place.
     *
     * @param device number of the file system
     * @param inode number of the inode there
     */
    public record Id(long device, long inode) {}

    /**
     * What it says now.
     *
     * @throws NoSuchFileException if there is none
     */
    public static FileState of(Path file) throws IOException {
        Map<String, Object> found = Files.readAttributes(
                file, "unix:isRegularFile,dev,ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
        return new FileState(
                (Boolean) found.get("isRegularFile"),
                new Id(((Number) found.get("dev")).longValue(), ((Number) found.get("ino")).longValue()),
                (Long) found.get("size"),
                nanos(found.get("lastModifiedTime")),
                nanos(found.get("ctime")));
    }

    private static long nanos(Object time) {
        return ((FileTime) time).to(TimeUnit.NANOSECONDS);
    }

    /** The same; empty if there is none. */
    public static Optional<FileState> find(Path file) throws IOException {
        try {
            return Optional.of(of(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Fails if the file has been written to, cut, replaced or touched since. */
    public void requireUnchanged(Path file) throws IOException {
        FileState now = of(file);
        if (!equals(now)) {
            throw new FileSystemException(
                    file.toString(), null, "changed while it was compared: it was " + this + " and is " + now);
        }
    }
}
