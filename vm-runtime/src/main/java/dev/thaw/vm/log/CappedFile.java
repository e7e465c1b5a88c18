// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.log;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that a guest's output goes to, up to a limit: a guest that floods must not fill the host's disk. Thread-safe:
 * it may be closed while there is still output.
 */
public final class CappedFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CappedFile.class);

    private final Path path;
    private final OutputStream out;
    private long room;
    private boolean full;

    /** Creates the file, which must not exist, for the owner alone. */
    public CappedFile(Path path, long maxBytes) throws IOException {
        this.path = path;
        Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        this.out = Files.newOutputStream(path);
        this.room = maxBytes;
    }

    public Path path() {
        return path;
    }

    /** Appends the bytes, or what there is room for. A disk that is full is logged once and ends the writing. */
    public synchronized void append(ByteBuffer bytes) {
        if (full) {
            return;
        }
        byte[] chunk = new byte[(int) Math.min(bytes.remaining(), room)];
        bytes.get(chunk);
        room -= chunk.length;
        try {
            out.write(chunk);
            if (room == 0) {
                full = true;
                out.write("\n[thaw: the limit of this file is reached; nothing more is written to it]\n"
                        .getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            full = true;
            LOG.warn("{} can't be written any more; the rest of the guest's output is lost.", path, e);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        full = true;
        out.close();
    }
}
