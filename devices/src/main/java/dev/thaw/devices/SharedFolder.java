// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import dev.thaw.devices.folder.FolderOptions;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.HostChanges;
import dev.thaw.devices.folder.Watcher;
import dev.thaw.devices.fuse.FuseNotifications;
import dev.thaw.devices.fuse.FuseOptions;
import dev.thaw.devices.fuse.FuseServer;
import dev.thaw.devices.fuse.LateNodes;
import dev.thaw.devices.fuse.NotifiedChanges;
import dev.thaw.devices.watch.TreeWatcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
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
    /** Empty where nothing can be watched. */
    private final Optional<TreeWatcher> watcher;

    private final LateNodes lateNodes;
    /** One permit each time that the server wants more again. */
    private final Semaphore room = new Semaphore(0);

    private SharedFolder(
            FolderTree tree, FuseServer server, Optional<TreeWatcher> watcher, FuseNotifications notifier) {
        this.tree = tree;
        this.server = server;
        this.watcher = watcher;
        this.lateNodes = new LateNodes(notifier, tree.known());
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
        FuseNotifications notifier = new FuseNotifications(notifications);
        Optional<TreeWatcher> watcher = watch(folder, new NotifiedChanges(notifier));
        Watcher asked = watcher.<Watcher>map(one -> one).orElse(Watcher.NONE);
        FolderTree tree = FolderTree.open(folder, FolderOptions.of(readOnly, uid, gid), service.readAhead(), asked);
        watcher.ifPresent(one -> one.watchFor(tree.known()));
        FuseOptions all = FuseOptions.defaults().withMaxIoBytes(MAX_IO_BYTES);
        FuseOptions options = watcher.isPresent() ? all : all.withoutWatching();
        FuseServer server = new FuseServer(tree, options, service.executor(), tree.known()::isTold, notifier);
        return new SharedFolder(tree, server, watcher, notifier);
    }

    /** Without it everything works, and the guest asks for each look. */
    private static Optional<TreeWatcher> watch(Path folder, HostChanges changes) {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return Optional.empty();
        }
        try {
            return Optional.of(TreeWatcher.start("share", changes));
        } catch (IOException e) {
            LOG.warn("{} can't be watched, so the guest asks for each look: {}", folder, e.getMessage(), e);
            return Optional.empty();
        }
    }

    /** Whether word has been sent of everything that the host had changed when this was called. Takes a microsecond or two. */
    public boolean isTold() {
        return watcher.map(TreeWatcher::isUpToDate).orElse(true);
    }

    /** Returns when it has. */
    public void tell() throws IOException {
        if (watcher.isPresent()) {
            watcher.get().drain();
        }
    }

    /**
     * The guest has answered a notification. What it did not know yet it is told again, before this returns.
     *
     * @param notification as it was given, whole, whatever of it has been read
     * @param errno 0 if it was taken
     */
    public void answered(ByteBuffer notification, int errno) {
        lateNodes.answered(notification, errno);
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
