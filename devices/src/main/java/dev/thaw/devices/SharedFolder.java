// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import dev.thaw.devices.folder.FolderOptions;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.Watcher;
import dev.thaw.devices.fuse.FuseNotifications;
import dev.thaw.devices.fuse.FuseOptions;
import dev.thaw.devices.fuse.FuseServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A folder of the host that is served to one guest by FUSE. Thread-safe but for {@link #request}, which one thread calls.
 * Nothing outside of the folder can be reached through it, whatever the guest sends.
 */
public final class SharedFolder implements AutoCloseable {
    /** The largest read or write, in bytes. */
    public static final int MAX_IO_BYTES = 1 << 20;

    private final FolderTree tree;
    private final FuseServer server;

    private SharedFolder(FolderTree tree, FuseServer server) {
        this.tree = tree;
        this.server = server;
    }

    /**
     * Opens a folder.
     *
     * @param service what it has in common with others; not closed by this
     * @param uid whom the files of this process's user belong to in the guest
     * @param notifications takes messages for the guest's /dev/fuse, whole and ready to be read; must not wait
     * @throws IOException if there is no such folder, or it can't be entered
     */
    public static SharedFolder open(
            FileService service, Path folder, boolean readOnly, int uid, int gid, Consumer<ByteBuffer> notifications)
            throws IOException {
        FolderTree tree =
                FolderTree.open(folder, FolderOptions.of(readOnly, uid, gid), service.readAhead(), Watcher.NONE);
        FuseOptions options =
                FuseOptions.defaults().withMaxIoBytes(MAX_IO_BYTES).withoutWatching();
        FuseNotifications notifier = new FuseNotifications(notifications);
        return new SharedFolder(tree, new FuseServer(tree, options, service.executor(), node -> false, notifier));
    }

    /** Serves a request, or begins to; the exchange is ended in any case. */
    public void request(FuseExchange exchange) {
        server.request(exchange);
    }

    /**
     * Refuses what still comes, and waits for what is under way.
     *
     * @throws IOException if the host does not answer for half a minute
     */
    @Override
    public void close() throws IOException {
        try (tree) {
            server.close();
        }
    }
}
