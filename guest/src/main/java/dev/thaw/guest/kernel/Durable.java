// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that a crash leaves whole or not at all. */
public final class Durable {
    private Durable() {}

    /** To the disk: a file's content, or a folder's entries. */
    public static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Written beside its place, synced, renamed. Another writer of the same content may win: no harm. */
    public static void write(Path file, byte[] content) throws IOException {
        Path temporary =
                Files.createTempFile(file.getParent(), file.getFileName().toString(), ".tmp");
        try {
            Files.write(temporary, content);
            sync(temporary);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            sync(file.getParent());
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
