// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Reads and writes at an offset that do not stop halfway, as those of channels may. Stateless. */
public final class FullIo {
    private FullIo() {}

    /**
     * Fills the buffer up to its limit.
     *
     * @return false if the file ends before that; the buffer's position tells where
     */
    public static boolean read(FileChannel file, ByteBuffer buffer, long offset) throws IOException {
        long at = offset;
        while (buffer.hasRemaining()) {
            int count = file.read(buffer, at);
            if (count < 0) {
                return false;
            }
            at += count;
        }
        return true;
    }

    /** Writes all that the buffer has. */
    public static void write(FileChannel file, ByteBuffer buffer, long offset) throws IOException {
        long at = offset;
        while (buffer.hasRemaining()) {
            at += file.write(buffer, at);
        }
    }
}
