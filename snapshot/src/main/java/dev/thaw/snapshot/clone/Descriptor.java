// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file descriptor, closed once. For one thread at a time. */
final class Descriptor implements AutoCloseable {
    private final SystemCalls calls;
    private final Path file;
    private final int number;
    private boolean open = true;

    private Descriptor(SystemCalls calls, Path file, int number) {
        this.calls = calls;
        this.file = file;
        this.number = number;
    }

    static Descriptor open(SystemCalls calls, Path file, boolean forWriting) throws IOException {
        requireRegular(file);
        return new Descriptor(calls, file, calls.open(file, forWriting));
    }

    /** A pipe would block whoever opens it, and a link could lead out of the store. */
    static void requireRegular(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new NoSuchFileException(file.toString());
            }
            throw new FileSystemException(file.toString(), null, "not a regular file");
        }
    }

    int number() throws IOException {
        if (!open) {
            throw new FileSystemException(file.toString(), null, "closed already");
        }
        return number;
    }

    Path file() {
        return file;
    }

    @Override
    public void close() throws IOException {
        if (open) {
            open = false;
            calls.close(number, file);
        }
    }
}
