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
import dev.thaw.devices.replay.Replays;
import dev.thaw.devices.watch.TreeWatcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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

    private final Replays replays;

    private SharedFolder(FolderTree tree, FuseServer server, Optional<TreeWatcher> watcher, Replays replays) {
        this.tree = tree;
        this.server = server;
        this.watcher = watcher;
        this.replays = replays;
        this.lateNodes = new LateNodes(tree.known());
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
        Replays replays = new Replays();
        Optional<TreeWatcher> watcher = watch(folder, new NotifiedChanges(notifier), replays);
        Watcher asked = watcher.<Watcher>map(one -> one).orElse(Watcher.NONE);
        FolderTree tree = FolderTree.open(folder, FolderOptions.of(readOnly, uid, gid), service.readAhead(), asked);
        watcher.ifPresent(one -> one.watchFor(tree.known()));
        FuseOptions all = FuseOptions.defaults().withMaxIoBytes(MAX_IO_BYTES);
        FuseOptions options = watcher.isPresent() ? all : all.withoutWatching();
        FuseServer server = new FuseServer(tree, options, service.executor(), tree.known()::isTold, notifier, replays);
        return new SharedFolder(tree, server, watcher, replays);
    }

    /** Without it everything works, and the guest asks for each look. */
    private static Optional<TreeWatcher> watch(Path folder, HostChanges changes, Replays replays) {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return Optional.empty();
        }
        try {
            return Optional.of(TreeWatcher.start("share", changes, replays));
        } catch (IOException e) {
            LOG.warn("{} can't be watched, so the guest asks for each look: {}", folder, e.getMessage(), e);
            return Optional.empty();
        }
    }

    /**
     * Has what the host changes replayed in the guest from now on, so that programs there that watch files get events.
     *
     * @param waiting run by any thread when there may be something for {@link #beginReplay}; must not wait
     */
    public void replayTo(Runnable waiting) {
        replays.start(tree, waiting);
    }

    /**
     * Takes the next change that the guest is to replay; empty if there is none, or the one before has not been ended. To be called by
     * one thread at a time, after all notifications that have been given before have been sent.
     */
    public Optional<FolderReplay> beginReplay() {
        return replays.begin().map(FolderReplay::of);
    }

    /**
     * The guest has replayed what was begun last, or could not.
     *
     * @param errno 0, or Linux's number for what went wrong; ENODATA if nobody watches there
     */
    public void endReplay(int errno) {
        replays.ended(errno);
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
     * The guest has answered a notification.
     *
     * @param notification as it was given, whole, whatever of it has been read
     * @param errno 0 if it was taken
     * @return what it is to be told next, in this order, as it did not know yet what that was about; mostly nothing
     */
    public List<ByteBuffer> answered(ByteBuffer notification, int errno) {
        return lateNodes.answered(notification, errno);
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
