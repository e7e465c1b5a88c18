// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What {@code stat} said of a file when its content was known to be right; as long as it says the same, nobody has
 * written to the file.
 *
 * @param lengthBytes of the content
 * @param inode number of the inode: changes if the file is replaced
 * @param modifiedNanos mtime, nanoseconds of Unix time: changes if it is written to
 * @param changedNanos ctime, likewise: changes even if somebody sets the mtime back
 */
record Seal(long lengthBytes, long inode, long modifiedNanos, long changedNanos) {

    /** What the file says now; empty if there is none, or no regular one. Links are not followed. */
    static Optional<Seal> of(Path file) throws IOException {
        try {
            Map<String, Object> found = Files.readAttributes(
                    file, "unix:isRegularFile,size,ino,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
            return (Boolean) found.get("isRegularFile")
                    ? Optional.of(new Seal(
                            (Long) found.get("size"),
                            ((Number) found.get("ino")).longValue(),
                            nanos(found.get("lastModifiedTime")),
                            nanos(found.get("ctime"))))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static long nanos(Object time) {
        return ((FileTime) time).to(TimeUnit.NANOSECONDS);
    }

    /** A line; what follows in it is for people and for sums. */
    String encode() {
        return "thaw-seal 1 " + lengthBytes + " " + inode + " " + modifiedNanos + " " + changedNanos + " ";
    }
}
