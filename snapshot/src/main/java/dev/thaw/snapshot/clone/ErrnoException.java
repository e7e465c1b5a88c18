// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.Serial;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A system call failed. The message names the files, the call and the errno: {@code a -> b: FICLONE: EXDEV (18), ...}. */
public final class ErrnoException extends FileSystemException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String errno;

    private ErrnoException(Path file, Path other, String reason, String errno) {
        super(file.toString(), other == null ? null : other.toString(), reason);
        this.errno = errno;
    }

    /**
     * @param other the second file of the call, or null
     * @param macOs whose numbers they are: beyond 34 those of Linux and macOS differ
     */
    static ErrnoException of(String call, int number, boolean macOs, Path file, Path other) {
        Errno errno = Errno.of(number, macOs);
        String name = errno == null ? "errno " + number : errno.name();
        String reason =
                errno == null ? call + ": " + name : call + ": " + name + " (" + number + "), " + errno.meaning();
        return new ErrnoException(file, other, reason, name);
    }

    /** Its name, {@code ENOSPC}; or {@code errno N} if it is not one that these calls are known for. */
    public String errno() {
        return errno;
    }

    boolean is(Errno expected) {
        return errno.equals(expected.name());
    }
}
