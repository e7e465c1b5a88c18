// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system mounted on a fresh folder, by the kernel; only root can. Close it. */
public final class Mounted implements AutoCloseable {
    private final Path folder;

    private Mounted(Path folder) {
        this.folder = folder;
    }

    public static Mounted erofs(Path disk) throws IOException {
        Path folder = Files.createTempDirectory("thaw-mount");
        Tools.run("mount", "-t", "erofs", "-o", "loop,ro", disk.toString(), folder.toString());
        return new Mounted(folder);
    }

    public static Mounted tmpfs(long bytes) throws IOException {
        Path folder = Files.createTempDirectory("thaw-mount");
        Tools.run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", folder.toString());
        return new Mounted(folder);
    }

    public Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        Tools.run("umount", folder.toString());
        Files.delete(folder);
    }
}
