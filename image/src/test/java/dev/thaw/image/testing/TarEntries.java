// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.tree.ByteRegion;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** What the code under test reads in an archive. */
public final class TarEntries {
    private TarEntries() {}

    /** All entries. Their contents can be read as long as the test's JVM runs: only its end closes the file. */
    public static List<TarEntry> of(byte[] archive) throws IOException {
        Path file = Files.write(Files.createTempFile("archive", ".tar"), archive);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE);
        TarReader reader = new TarReader(ByteRegion.of(channel));
        List<TarEntry> entries = new ArrayList<>();
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            entries.add(entry);
        }
        return entries;
    }
}
