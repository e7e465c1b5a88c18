// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The calls that this package needs, as one operating system has them. Thread-safe. Descriptors are bare numbers here
 * and nowhere else: {@link Descriptor} owns them.
 */
interface SystemCalls {
    /** A new descriptor. It is not inherited by child processes. */
    int open(Path file, boolean forWriting) throws IOException;

    void close(int descriptor, Path file) throws IOException;

    /** Offset of the first data at or after {@code from}; -1 if there is none. */
    long seekData(int descriptor, long from, Path file) throws IOException;

    /** Offset of the first hole at or after {@code from}, or of the file's end; -1 if that is before {@code from}. */
    long seekHole(int descriptor, long from, Path file) throws IOException;

    void punchHole(int descriptor, ByteRange range, Path file) throws IOException;

    /** {@code to} is new and private. */
    void cloneFile(Path from, Path to) throws IOException;

    /** The range is not empty. */
    void cloneRange(Descriptor from, ByteRange range, Descriptor to, long toOffset) throws IOException;

    /** What the first {@code lengthBytes} of the file take. */
    BlockUse use(int descriptor, long lengthBytes, Path file) throws IOException;
}
