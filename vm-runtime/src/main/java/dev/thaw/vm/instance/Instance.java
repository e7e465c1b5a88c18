// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.instance;

import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.engine.Machine;
import dev.thaw.vm.engine.MachineSpec;
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
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * A machine that runs, with the agent in it, its log and its ports. Thread-safe after it has been made. Closing it ends the machine
 * and leaves nothing behind.
 */
public final class Instance implements AutoCloseable {
    private static final int LOG_LINES = 20;

    private final String id;
    private final LogBuffer log;
    private final LogReader logReader;
    private final Machine machine;
    private final Guest guest;
    private final List<PortForwarder> forwarders;
    private final SortedMap<Integer, InetSocketAddress> addresses;
    private final CloseStack resources;

    private Instance(Parts parts, Map<Integer, PortForwarder> forwarders, CloseStack resources) {
        this.id = parts.id;
        this.log = parts.log;
        this.logReader = new LogReader(parts.log);
        this.machine = parts.machine;
        this.guest = parts.guest;
        this.forwarders = List.copyOf(forwarders.values());
        SortedMap<Integer, InetSocketAddress> opened = new TreeMap<>();
        forwarders.forEach((port, forwarder) -> opened.put(port, forwarder.address()));
        this.addresses = Collections.unmodifiableSortedMap(opened);
        this.resources = resources;
    }

    private record Parts(String id, LogBuffer log, Machine machine, Guest guest) {}

    /** Makes the machine once there is a loop for it. */
    private interface MachineStart {
        Machine start(EventLoop loop) throws IOException;
    }

    /** Boots a machine. The run folder belongs to the instance from here on. */
    public static Instance boot(
            Engine engine, MachineSpec spec, RunFolder folder, Collection<Integer> ports, Deadline deadline)
            throws IOException {
        return start(spec.id(), folder, ports, deadline, loop -> engine.boot(spec, loop, deadline));
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
        return start(spec.id(), folder, ports, deadline, loop -> engine.restore(spec, deviceState, loop, deadline));
    }

    private static Instance start(
            String id, RunFolder folder, Collection<Integer> ports, Deadline deadline, MachineStart machineStart)
            throws IOException {
        try (CloseStack undo = new CloseStack()) {
            undo.push(folder);
            LogBuffer log = undo.push(new LogBuffer(id, folder.path().resolve("service.log")));
            EventLoop loop = undo.push(EventLoop.start("thaw-" + id));
            Machine machine = undo.push(machineStart.start(loop));
            if (machine.process().isPresent()) {
                folder.lease().child(machine.process().get());
            }
            Guest guest = Await.get(Guest.attach(loop, machine.channel()), deadline, "the guest channel");
            Map<Integer, PortForwarder> forwarders = new TreeMap<>();
            for (int port : ports) {
                forwarders.put(port, undo.push(PortForwarder.listen(loop, guest, port)));
            }
            return new Instance(new Parts(id, log, machine, guest), forwarders, undo.move());
        }
    }

    /**
     * Begins a session with the guest: it gets the time and an identity of its own, then its processes run and its log
     * is followed.
     */
    public ServiceState resume(Deadline deadline) throws IOException {
        ServiceState service = Await.get(guest.resume(new Identity(id)), deadline, "the guest to resume");
        Await.get(guest.followLogs(logReader), deadline, "the service's log");
        return service;
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

    public LogBuffer log() {
        return log;
    }

    /** The guest's ports that are forwarded, and the host's address of each. Unmodifiable. */
    public SortedMap<Integer, InetSocketAddress> addresses() {
        return addresses;
    }

    /** The ends of the service's log and of the console, for a message; several lines, or empty. */
    public String lastWords() {
        String tail = log.tail(LOG_LINES);
        String service = tail.isEmpty() ? "The service wrote nothing.\n" : "The end of the service's log:\n" + tail;
        return service + machine.lastWords();
    }

    @Override
    public void close() {
        resources.close();
    }
}
