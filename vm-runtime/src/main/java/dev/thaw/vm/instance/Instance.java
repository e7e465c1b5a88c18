// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.instance;

import dev.thaw.devices.FileService;
import dev.thaw.vm.engine.ChangedMemory;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.engine.Machine;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.engine.Scratch;
import dev.thaw.vm.guest.Guest;
import dev.thaw.vm.guest.Identity;
import dev.thaw.vm.guest.LogReader;
import dev.thaw.vm.guest.ServiceState;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.log.LogBuffer;
import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.port.PortForwarder;
import dev.thaw.vm.share.Shares;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine that runs, with the agent in it, its log and its ports. Thread-safe after it has been made. Closing it ends the machine
 * and leaves nothing behind.
 */
public final class Instance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Instance.class);
    private static final int LOG_LINES = 20;
    private static final Duration STATS_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration GO_ON_TIMEOUT = Duration.ofSeconds(30);

    private final String id;
    private final LogBuffer log;
    private final LogReader logReader;
    private final Identity identity;
    private final Semaphore checkpoints = new Semaphore(1);
    private final Machine machine;
    private final MachineSpec spec;
    private final Guest guest;
    private final List<PortForwarder> forwarders;
    private final SortedMap<Integer, InetSocketAddress> addresses;
    private final CloseStack resources;
    /** Empty in a bake; set once, by {@link #openShares}. */
    private volatile Optional<Shares> shares = Optional.empty();

    private Instance(Parts parts, Map<Integer, PortForwarder> forwarders, CloseStack resources) {
        this.id = parts.spec.id();
        this.spec = parts.spec;
        this.log = parts.log;
        this.logReader = new LogReader(parts.log);
        this.identity = Identity.fresh(id);
        this.machine = parts.machine;
        this.guest = parts.guest;
        this.forwarders = List.copyOf(forwarders.values());
        SortedMap<Integer, InetSocketAddress> opened = new TreeMap<>();
        forwarders.forEach((port, forwarder) -> opened.put(port, forwarder.address()));
        this.addresses = Collections.unmodifiableSortedMap(opened);
        this.resources = resources;
    }

    private record Parts(MachineSpec spec, LogBuffer log, Machine machine, Guest guest) {}

    /** Makes the machine once there is a loop for it. */
    private interface MachineStart {
        Machine start(EventLoop loop) throws IOException;
    }

    /** Boots a machine. The run folder belongs to the instance from here on. */
    public static Instance boot(
            Engine engine, MachineSpec spec, RunFolder folder, Collection<Integer> ports, Deadline deadline)
            throws IOException {
        return start(spec, folder, ports, deadline, loop -> engine.boot(spec, loop, deadline));
    }

    /** Continues a frozen machine. The run folder belongs to the instance from here on. */
    public static Instance restore(
            Engine engine,
            MachineSpec spec,
            Path deviceState,
            RunFolder folder,
            Collection<Integer> ports,
            Deadline deadline)
            throws IOException {
        return start(spec, folder, ports, deadline, loop -> engine.restore(spec, deviceState, loop, deadline));
    }

    private static Instance start(
            MachineSpec spec, RunFolder folder, Collection<Integer> ports, Deadline deadline, MachineStart machineStart)
            throws IOException {
        try (CloseStack undo = new CloseStack()) {
            undo.push(folder);
            LogBuffer log = undo.push(new LogBuffer(spec.id(), folder.path().resolve("service.log")));
            EventLoop loop = undo.push(EventLoop.start("thaw-" + spec.id()));
            Machine machine = undo.push(machineStart.start(loop));
            if (machine.process().isPresent()) {
                folder.lease().child(machine.process().get());
            }
            Guest guest = Await.get(Guest.attach(loop, machine.channel()), deadline, "the guest channel");
            Map<Integer, PortForwarder> forwarders = new TreeMap<>();
            for (int port : ports) {
                forwarders.put(port, undo.push(PortForwarder.listen(loop, guest, port)));
            }
            return new Instance(new Parts(spec, log, machine, guest), forwarders, undo.move());
        }
    }

    /**
     * Begins a session with the guest: it gets the time and an identity of its own, then its processes run and its log
     * is followed.
     */
    public ServiceState resume(Deadline deadline) throws IOException {
        ServiceState service = Await.get(guest.resume(identity), deadline, "the guest to resume");
        Await.get(guest.followLogs(logReader), deadline, "the service's log");
        return service;
    }

    /**
     * Prepares to share folders of the host. To be called once, before {@link #resume}.
     *
     * @param takeOver end the shares that the machine had when the checkpoint was taken that it was restored from
     */
    public Shares openShares(FileService files, boolean takeOver) throws IOException {
        Shares opened = resources.push(new Shares(id, machine, files));
        shares = Optional.of(opened);
        guest.fence(opened);
        if (takeOver) {
            opened.begin();
        }
        return opened;
    }

    /**
     * Takes a checkpoint of a restored machine and lets it run on with all that is open: commands, connections and the
     * log. In a machine that is restored from the checkpoint they are closed when it is resumed. What is asked of the guest
     * meanwhile waits; of several checkpoints at a time all but one wait as well.
     *
     * @param deviceState does not exist yet; nothing of it is left if the machine's state can't be taken
     * @param memory is given what has changed since the restore, while the machine is stopped
     * @throws IOException what went wrong first; the machine runs on as far as it can
     */
    public void checkpoint(Path deviceState, MemoryTaker memory, Deadline deadline) throws IOException {
        acquireCheckpoint(deadline);
        try {
            pause(deadline);
            takeCheckpoint(deviceState, memory, deadline);
        } finally {
            checkpoints.release();
        }
    }

    /** Takes what has changed of a machine's memory. */
    public interface MemoryTaker {
        /** Reads it; what lasts here lasts for the machine's clients, too. */
        void take(ChangedMemory changed) throws IOException;
    }

    private void acquireCheckpoint(Deadline deadline) throws IOException {
        try {
            if (!checkpoints.tryAcquire(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new IOException("Another checkpoint of " + id + " has not come to its end within "
                        + deadline.elapsed().toMillis() + " ms.");
            }
        } catch (InterruptedException e) {
            throw Await.interrupted("another checkpoint of " + id, e);
        }
    }

    private void pause(Deadline deadline) throws IOException {
        CompletableFuture<Void> paused = guest.pause();
        try {
            Await.get(paused, deadline, "the guest to come to rest");
        } catch (Await.TimedOutException | InterruptedIOException e) {
            // It may still come to rest, and nobody would wake it.
            paused.thenCompose(done -> guest.resume(identity)).exceptionally(failure -> {
                LOG.debug("{} could not be woken from a late pause.", id, failure);
                return null;
            });
            throw e;
        }
    }

    private void takeCheckpoint(Path deviceState, MemoryTaker memory, Deadline deadline) throws IOException {
        try {
            holdShares(deadline);
            takeChanged(deviceState, memory, deadline);
        } catch (IOException | RuntimeException | Error e) {
            try {
                goOn();
            } catch (IOException more) {
                e.addSuppressed(more);
            }
            throw e;
        }
        goOn();
    }

    /** After the guest has come to rest: programs can't be stopped while they wait for a file. */
    private void holdShares(Deadline deadline) throws IOException {
        if (shares.isPresent()) {
            shares.get().hold(deadline);
        }
    }

    private void takeChanged(Path deviceState, MemoryTaker memory, Deadline deadline) throws IOException {
        try (ChangedMemory changed = machine.checkpoint(deviceState, deadline)) {
            memory.take(changed);
        }
    }

    /** Takes the time that it takes, whatever the deadline was: a machine that stands still is of no use to anybody. */
    private void goOn() throws IOException {
        Deadline deadline = Deadline.in(GO_ON_TIMEOUT);
        machine.proceed(deadline);
        if (shares.isPresent()) {
            shares.get().go();
        }
        Await.get(guest.resume(identity), deadline, "the guest to go on after a checkpoint");
    }

    /** Lets connections through the forwarded ports. */
    public void openPorts(Deadline deadline) throws IOException {
        for (PortForwarder forwarder : forwarders) {
            Await.get(forwarder.open(), deadline, "a port to be opened");
        }
    }

    /** Completes when the service has exited, or exceptionally when the guest is gone. */
    public CompletableFuture<ServiceState> serviceExit() {
        return guest.awaitExit();
    }

    public String id() {
        return id;
    }

    public Guest guest() {
        return guest;
    }

    public Machine machine() {
        return machine;
    }

    /** Its writable disk, if it has one. */
    public Optional<Scratch> scratch() {
        return spec.scratch();
    }

    public LogBuffer log() {
        return log;
    }

    /** The guest's ports that are forwarded, and the host's address of each. Unmodifiable. */
    public SortedMap<Integer, InetSocketAddress> addresses() {
        return addresses;
    }

    /**
     * What the guest has run out of, and the ends of the service's log and of the console, for a message; several lines. May take
     * a moment, if the guest does not answer.
     */
    public String lastWords() {
        String tail = log.tail(LOG_LINES);
        String service = tail.isEmpty() ? "The service wrote nothing.\n" : "The end of the service's log:\n" + tail;
        return shortage() + service + machine.lastWords();
    }

    /** What the guest has run out of, a line for each; empty if nothing, or if it does not say. */
    public String shortage() {
        try {
            return Shortage.describe(Await.get(guest.stats(), Deadline.in(STATS_TIMEOUT), "the guest's figures"), spec);
        } catch (IOException e) {
            LOG.debug("{} does not tell what it has run out of.", id, e);
            return "";
        }
    }

    @Override
    public void close() {
        resources.close();
    }
}
