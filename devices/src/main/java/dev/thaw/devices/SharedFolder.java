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
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of the host that is served to one guest by FUSE. Thread-safe but for {@link #request}, which one thread calls.
 * Nothing outside of the folder can be reached through it, whatever the guest sends.
 */
public final class SharedFolder implements AutoCloseable {
    /** The largest read or write, in bytes. */
    public static final int MAX_IO_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(SharedFolder.class);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final FolderTree tree;
    private final FuseServer server;
    /** One permit each time that the server wants more again. */
    private final Semaphore room = new Semaphore(0);

    private SharedFolder(FolderTree tree, FuseServer server) {
        this.tree = tree;
        this.server = server;
        server.whenWantsMore(room::release);
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

    /**
     * Serves a request, or begins to; the exchange is ended in any case. While too many are under way this waits for half of them: a
     * guest that asks faster than the host's disks answer is not read any further.
     */
    public void request(FuseExchange exchange) {
        server.request(exchange);
        if (!server.wantsMore()) {
            awaitRoom();
        }
    }

    /** Bounded for a disk that is stuck: then one request comes in each time. */
    private void awaitRoom() {
        try {
            if (!room.tryAcquire(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("The host's disk has not ended half of a share's requests within {}.", LONGEST_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
