// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.log.CappedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** What somebody writes without end: its beginning in a file, its end in memory, both up to a limit. Thread-safe. */
final class Transcript implements AutoCloseable {
    private final CappedFile file;
    private final byte[] tail;
    private int tailLength;

    /** Creates the file, which must not exist. */
    Transcript(Path file, long maxFileBytes, int tailBytes) throws IOException {
        this.file = new CappedFile(file, maxFileBytes);
        this.tail = new byte[tailBytes];
    }

    Path file() {
        return file.path();
    }

    /** Takes all bytes of the buffer. */
    synchronized void append(ByteBuffer bytes) {
        file.append(bytes.duplicate());
        int added = Math.min(bytes.remaining(), tail.length);
        int kept = Math.min(tailLength, tail.length - added);
        System.arraycopy(tail, tailLength - kept, tail, 0, kept);
        bytes.position(bytes.limit() - added);
        bytes.get(tail, kept, added);
        tailLength = kept + added;
    }

    /** The lines that are in memory, blank ones left out, the first one perhaps only in part. */
    List<String> lastLines() {
        String text;
        synchronized (this) {
            text = new String(tail, 0, tailLength, StandardCharsets.UTF_8);
        }
        return text.lines().filter(line -> !line.isBlank()).toList();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
