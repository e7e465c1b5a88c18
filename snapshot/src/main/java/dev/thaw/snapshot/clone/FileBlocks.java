// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What the file system of one folder can do with blocks of files. Thread-safe.
 *
 * <p>Failures are {@link IOException}s; those of system calls are {@link ErrnoException}s and name the call, the files
 * and the errno. Links are never followed, and what is no regular file is refused. Without native code (JNA could not
 * be loaded, or the platform is unknown) all but {@link #clones()} throws.
 */
public interface FileBlocks {
    /**
     * Tries in the folder whether its file system has clones, with two small files that are gone afterwards. To be called
     * once and kept, as it costs a few system calls.
     *
     * @throws IOException if the folder can't be written to. A file system without clones is no error
     */
    static FileBlocks probe(Path folder) throws IOException {
        return CloneProbe.probe(folder);
    }

    /** Opens a file for looking at its holes alone, which nothing has to be found out for. Close it. */
    static OpenBlocks look(Path file) throws IOException {
        return new NativeFileBlocks(new CloneSupport(false, "not asked for"), false).open(file);
    }

    /** What was found out. */
    CloneSupport clones();

    /**
     * Makes {@code to} a clone of {@code from}: same content, and the same blocks until one of the two is written to.
     * Takes milliseconds for any length.
     *
     * @param to must not exist; gets mode 0600. Not there if this fails
     */
    void cloneFile(Path from, Path to) throws IOException;

    /** Whether parts of files can share blocks, too, at any offset. Not on macOS. */
    boolean clonesRanges();

    /** Opens a file for looking at its holes and blocks. Close it. */
    OpenBlocks open(Path file) throws IOException;

    /** Opens a file for punching holes, and for sharing other files' blocks, too. Close it. */
    OpenBlocks openForChanges(Path file) throws IOException;

    /**
     * Where the file has data, in order; between the ranges there are holes. The whole file where the file system does
     * not tell. One range an extent: for huge files see {@link OpenBlocks#nextData}.
     */
    List<ByteRange> dataRanges(Path file) throws IOException;

    /** What the file takes on disk. Blocks that are written to meanwhile are counted as they were or as they become. */
    Allocation allocation(Path file) throws IOException;

    /** The same, and where. */
    BlockUse use(Path file) throws IOException;
}
