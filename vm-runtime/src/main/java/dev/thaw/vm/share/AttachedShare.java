// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.devices.FileService;
import dev.thaw.devices.SharedFolder;
import dev.thaw.vm.GuestException;
import dev.thaw.vm.Share;
import dev.thaw.vm.ShareSpec;
import dev.thaw.vm.VmException;
import dev.thaw.vm.channel.WireWriter;
import dev.thaw.vm.guest.GuestRefusedException;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A folder that is mounted in a guest. Thread-safe. */
final class AttachedShare implements Share, ShareListener {
    private static final Logger LOG = LoggerFactory.getLogger(AttachedShare.class);
    private static final Duration DETACH_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SYNC_TIMEOUT = Duration.ofMinutes(1);
    /** A checkpoint, during which nothing is told, takes no longer. */
    private static final Duration LONGEST_TELLING = Duration.ofSeconds(30);

    private static final int READ_ONLY = 1;

    private final Shares shares;
    private final SharePort port;
    private final FileService service;
    private final int number;
    private final ShareSpec spec;
    private final Confirmations confirmations;
    private final Notifications notifications;
    private final CompletableFuture<Void> attached = new CompletableFuture<>();
    private final CompletableFuture<Void> detached = new CompletableFuture<>();
    /** Set by the port's thread before the first request; null until then. */
    private volatile SharedFolder folder;

    private boolean closed;

    AttachedShare(Shares shares, SharePort port, FileService service, int number, ShareSpec spec) {
        this.shares = shares;
        this.port = port;
        this.service = service;
        this.number = number;
        this.spec = spec;
        this.confirmations = new Confirmations(port.sender(), number);
        this.notifications = new Notifications(confirmations, service.executor(), this::answered);
    }

    /** Mounts it in the guest; returns when it can be used there. */
    void attach(String user, Deadline deadline) throws IOException {
        byte[] request = new WireWriter()
                .string(spec.mountPoint())
                .string(user)
                .u32(spec.isReadOnly() ? READ_ONLY : 0)
                .u32(SharedFolder.MAX_IO_BYTES)
                .toBytes();
        port.sender().send(ShareFrame.ATTACH.of(number, request));
        Await.get(attached, deadline, "the guest to mount " + spec);
    }

    /** The guest has told whom files are to belong to. */
    @Override
    public void user(int uid, int gid) {
        ShareSpec.Owner owner = spec.owner().orElse(new ShareSpec.Owner(uid, gid));
        try {
            SharedFolder opened = SharedFolder.open(
                    service, spec.folder(), spec.isReadOnly(), owner.uid(), owner.gid(), notifications::add);
            if (spec.hasEvents()) {
                notifications.replay(new FolderReplays(opened));
                opened.replayTo(notifications::replaysWait);
            }
            folder = opened;
        } catch (IOException | RuntimeException e) {
            attached.completeExceptionally(e);
        }
    }

    @Override
    public void message(ByteBuffer request) {
        ShareExchange exchange = new ShareExchange(port, number, request);
        SharedFolder serving = folder;
        if (serving == null) {
            exchange.done();
        } else {
            serving.request(exchange);
        }
    }

    @Override
    public void attached() {
        attached.complete(null);
    }

    @Override
    public void refused(int errno, String message) {
        GuestRefusedException refused = new GuestRefusedException(errno, message);
        if (!attached.completeExceptionally(refused)) {
            LOG.warn("{} is not mounted in the guest any more.", spec, refused);
        }
        detached();
    }

    @Override
    public void done(int number, int errno) {
        confirmations.done(number, errno);
    }

    /** What has not been confirmed by now never will be. */
    @Override
    public void detached() {
        confirmations.fail(new IOException("The share " + spec + " has ended in the guest."));
        detached.complete(null);
    }

    @Override
    public void failed(Throwable cause) {
        IOException gone = new IOException("The guest's shared folders are gone: " + cause.getMessage(), cause);
        attached.completeExceptionally(gone);
        confirmations.fail(gone);
        detached.complete(null);
    }

    @Override
    public ShareSpec spec() {
        return spec;
    }

    @Override
    public void sync() {
        try {
            Await.get(told(), Deadline.in(SYNC_TIMEOUT), "the guest to know what the host has changed");
            CompletableFuture<Integer> synced = confirmations.send(ShareFrame.SYNC, ByteBuffer.allocate(0));
            int errno = Await.get(synced, Deadline.in(SYNC_TIMEOUT), "the guest to write back what it has");
            if (errno != 0) {
                throw new IOException("the guest's kernel says errno " + errno);
            }
        } catch (IOException e) {
            throw new GuestException("Could not sync the share " + spec + ": " + e.getMessage(), e);
        }
    }

    private List<ByteBuffer> answered(ByteBuffer notification, int errno) {
        SharedFolder serving = folder;
        return serving == null ? List.of() : serving.answered(notification, errno);
    }

    /** Whether the guest knows of everything that the host had changed when this was called. */
    boolean isTold() {
        SharedFolder serving = folder;
        return serving == null || (serving.isTold() && notifications.isIdle());
    }

    /** Completes when it does, or is past knowing. */
    CompletableFuture<Void> told() {
        SharedFolder serving = folder;
        if (serving == null) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.runAsync(() -> tell(serving), service.executor())
                .thenCompose(drained -> notifications.whenTold())
                .orTimeout(LONGEST_TELLING.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failure -> {
                    LOG.warn("What the host has changed in {} may not be known to the guest.", spec, failure);
                    return null;
                });
    }

    private static void tell(SharedFolder serving) {
        try {
            serving.tell();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whoever closes it second waits for the first one. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (!detached.isDone()) {
                port.sender().send(ShareFrame.DETACH.of(number));
            }
            Await.get(detached, Deadline.in(DETACH_TIMEOUT), "the guest to unmount " + spec);
        } catch (IOException e) {
            throw new VmException("Could not end the share " + spec + " in the guest: " + e.getMessage(), e);
        } finally {
            end();
        }
    }

    /** Serves no more, whatever the guest does. If it still knows the share, the number is not used again. */
    void end() {
        port.forget(number);
        if (detached.isDone()) {
            shares.ended(number);
        }
        SharedFolder serving = folder;
        if (serving != null) {
            try {
                serving.close();
            } catch (IOException e) {
                throw new VmException("The share " + spec + " did not come to its end: " + e.getMessage(), e);
            }
        }
    }
}
