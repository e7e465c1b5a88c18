// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.devices.FileService;
import dev.thaw.vm.Share;
import dev.thaw.vm.ShareSpec;
import dev.thaw.vm.engine.Machine;
import dev.thaw.vm.guest.Fence;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * The shared folders of one machine. The port is opened with the first of them; a machine without any has no thread for it.
 * Thread-safe. Closing it ends all of them on this side, without a word to the guest, which is to end too.
 */
public final class Shares implements Fence, AutoCloseable {
    private static final int MAX_SHARES = 64;

    private final String id;
    private final Machine machine;
    private final FileService service;
    private final Map<Integer, AttachedShare> attached = new TreeMap<>();
    /** The same, for those that don't want to wait. */
    private volatile List<AttachedShare> all = List.of();

    private SharePort port;
    private boolean closed;

    public Shares(String id, Machine machine, FileService service) {
        this.id = id;
        this.machine = machine;
        this.service = service;
    }

    /** Opens the port, if it is not open yet, which ends all shares that the guest knows of an earlier session. */
    public synchronized void begin() throws IOException {
        if (port == null) {
            port = SharePort.open(id, machine.shares(), new SecureRandom().nextLong() | 1);
        }
    }

    /**
     * Mounts a folder in the guest.
     *
     * @param user the service's, as in an image's configuration; empty is root
     */
    public Share attach(ShareSpec spec, String user, Deadline deadline) throws IOException {
        if (!Files.isDirectory(spec.folder())) {
            throw new IOException("The folder " + spec.folder() + ", which is to be shared at " + spec.mountPoint()
                    + ", " + (Files.exists(spec.folder()) ? "is a file" : "does not exist") + ". Make it first.");
        }
        AttachedShare share = register(spec);
        try {
            share.attach(user, deadline);
            return share;
        } catch (IOException | RuntimeException | Error e) {
            endAfter(e, share);
            throw e;
        }
    }

    /** The guest may have mounted it, or be about to. */
    private static void endAfter(Throwable failure, AttachedShare share) {
        try {
            share.close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private synchronized AttachedShare register(ShareSpec spec) throws IOException {
        if (closed) {
            throw new IOException("The VM is closed.");
        }
        for (AttachedShare other : attached.values()) {
            if (other.spec().mountPoint().equals(spec.mountPoint())) {
                throw new IOException(other.spec().folder() + " is shared at " + spec.mountPoint()
                        + " already. Close that share first, or give this one another place.");
            }
        }
        int number = 1;
        while (attached.containsKey(number)) {
            number++;
        }
        if (number > MAX_SHARES) {
            throw new IOException(MAX_SHARES + " folders are shared with the VM, which is the limit.");
        }
        begin();
        AttachedShare share = new AttachedShare(this, port, service, number, spec);
        attached.put(number, share);
        all = List.copyOf(attached.values());
        port.listen(number, share);
        return share;
    }

    /** Syncs all of them, one after the other. */
    public void sync() {
        all.forEach(AttachedShare::sync);
    }

    @Override
    public boolean isClear() {
        for (AttachedShare share : all) {
            if (!share.isTold()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public CompletableFuture<Void> cleared() {
        return CompletableFuture.allOf(all.stream().map(AttachedShare::told).toArray(CompletableFuture[]::new));
    }

    synchronized void ended(int number) {
        attached.remove(number);
        all = List.copyOf(attached.values());
    }

    /**
     * Has no byte of theirs under way in the machine when it returns, until {@link #go}. Programs that use them wait meanwhile.
     */
    public void hold(Deadline deadline) throws IOException {
        SharePort open = openPort();
        if (open != null) {
            open.hold(deadline);
        }
    }

    /** Ends a {@link #hold}. */
    public void go() throws IOException {
        SharePort open = openPort();
        if (open != null) {
            open.go();
        }
    }

    private synchronized SharePort openPort() {
        return port;
    }

    @Override
    public void close() {
        CloseStack everything = new CloseStack();
        synchronized (this) {
            closed = true;
            attached.values().forEach(share -> everything.push(share::end));
            if (port != null) {
                everything.push(port);
            }
        }
        everything.close();
    }
}
