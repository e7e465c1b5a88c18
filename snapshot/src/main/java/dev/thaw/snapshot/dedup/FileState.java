// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/** What {@code stat} says of a file, of a link itself: two that are equal are the same file, not written to between. */
record FileState(boolean regular, long device, long inode, long lengthBytes, Object modified, Object changed) {
    static FileState of(Path file) throws IOException {
        Map<String, Object> found = Files.readAttributes(
                file, "unix:isRegularFile,dev,ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
        return new FileState(
                (Boolean) found.get("isRegularFile"),
                ((Number) found.get("dev")).longValue(),
                ((Number) found.get("ino")).longValue(),
                (Long) found.get("size"),
                found.get("lastModifiedTime"),
                found.get("ctime"));
    }

    boolean isSameFile(FileState other) {
        return device == other.device && inode == other.inode;
    }

    /** Fails if the file has been written to, cut, replaced or touched since. */
    void requireUnchanged(Path file) throws IOException {
        FileState now = of(file);
        if (!equals(now)) {
            throw new FileSystemException(
                    file.toString(), null, "changed while it was compared: it was " + this + " and is " + now);
        }
    }
}
