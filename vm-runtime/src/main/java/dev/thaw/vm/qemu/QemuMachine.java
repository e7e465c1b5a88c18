// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import dev.thaw.vm.engine.ChangedDisk;
import dev.thaw.vm.engine.ChangedMemory;
import dev.thaw.vm.engine.Machine;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.engine.Scratch;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.loop.EventLoop;
import java.io.File;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One QEMU child process. */
final class QemuMachine implements Machine {
    private static final Logger LOG = LoggerFactory.getLogger(QemuMachine.class);
    private static final Duration END_AFTER_EOF = Duration.ofSeconds(1);
    private static final int CONSOLE_LINES = 12;
    /** The migration capability that leaves memory out. */
    static final String IGNORE_SHARED = "x-ignore-shared";

    private static final Path PROC = Path.of("/proc");
    private static final String STATE_SOCKET = "state.sock";

    private final Started started;
    private final QmpClient qmp;
    private final SocketChannel channel;
    private final SocketChannel shares;
    private final CloseStack resources;
    /** Its memory is a private mapping then. */
    private final boolean restored;

    private final Object lock = new Object();
    /** Of the last checkpoint; null before the first one. Guarded by lock. */
    private ChangedMemory changedMemory;

    private QemuMachine(Started started, QmpClient qmp, Ports ports, boolean restored, CloseStack resources) {
        this.started = started;
        this.qmp = qmp;
        this.channel = ports.channel();
        this.shares = ports.shares();
        this.restored = restored;
        this.resources = resources;
    }

    /** The machine's virtio-console ports. */
    private record Ports(SocketChannel channel, SocketChannel shares) {}

    /** A child that has been started, connected or not yet. */
    private record Started(
            MachineSpec spec, EventLoop loop, QemuChild child, ConsoleReader console, DiskFailure diskFailure) {

        /** Waits for the child, and fails at once if it ends meanwhile. */
        <T> T await(CompletableFuture<T> future, Deadline deadline, String what) throws IOException {
            IOException failure = null;
            try {
                Await.get(CompletableFuture.anyOf(future, child.onExit()), deadline, what);
                if (future.isDone()) {
                    return Await.get(future, deadline, what);
                }
            } catch (Await.TimedOutException e) {
                throw e;
            } catch (IOException e) {
                // A child that ends closes its connections first; its end says more than they do.
                if (!child.endsWithin(END_AFTER_EOF)) {
                    throw e;
                }
                failure = e;
            }
            throw new IOException(
                    "QEMU ended with status " + child.status() + " while " + what + " was waited for.", failure);
        }

        /** The same, and fails as the failure does. */
        <T> T await(CompletableFuture<T> future, CompletableFuture<Void> failure, Deadline deadline, String what)
                throws IOException {
            await(CompletableFuture.anyOf(future, failure), deadline, what);
            return Await.get(future, deadline, what);
        }

        String lastWords() {
            String tail = console.tail(CONSOLE_LINES);
            String said = child.said();
            return diskFailure.line()
                    + (tail.isEmpty() ? "" : "The end of the console:\n" + tail)
                    + (said.isEmpty() ? "" : "QEMU said:\n" + said);
        }

        /**
         * Ends the machine when the host can't serve its disk: everybody who waits for it is told why, at once. Loop's thread.
         */
        void endWithItsDisk(JsonNode event, SocketChannel channel) throws IOException {
            String why = diskFailure.note(event);
            loop.close(channel, new IOException(why));
            child.handle().destroyForcibly();
        }
    }

    /** Starts a child and connects to it; it boots, or waits for its state. */
    static QemuMachine start(
            MachineSpec spec,
            EventLoop loop,
            ChildSpawner spawner,
            CommandLine commandLine,
            Optional<Path> stdin,
            Deadline deadline)
            throws IOException {
        try (CloseStack undo = new CloseStack()) {
            QemuSockets sockets = QemuSockets.listen(spec.runFolder(), loop, undo);
            ConsoleReader console = undo.push(new ConsoleReader(spec.runFolder().resolve("console.log")));
            ProcessBuilder builder = new ProcessBuilder(commandLine.build(sockets))
                    .directory(spec.runFolder().toFile())
                    .redirectInput(stdin.map(Path::toFile).orElse(new File("/dev/null")));
            Path messages = spec.runFolder().resolve("qemu.log");
            QemuChild child = undo.push(QemuChild.start(spawner, builder, messages, "thaw-" + spec.id() + "-qemu"));
            Started started = new Started(spec, loop, child, console, new DiskFailure(spec));
            try {
                return connect(started, sockets, stdin.isPresent(), undo, deadline);
            } catch (IOException e) {
                throw new IOException(e.getMessage() + "\n" + started.lastWords(), e);
            }
        }
    }

    /** Makes the command line once the sockets are known. */
    interface CommandLine {
        List<String> build(QemuSockets sockets);
    }

    private static QemuMachine connect(
            Started started, QemuSockets sockets, boolean restored, CloseStack undo, Deadline deadline)
            throws IOException {
        SocketChannel consoleSocket = started.await(sockets.console().accepted(), deadline, "QEMU's console");
        started.await(
                started.loop.submit(() -> {
                    started.console.attach(started.loop, consoleSocket);
                    return null;
                }),
                deadline,
                "the console's reader");
        SocketChannel qmpSocket = started.await(sockets.qmp().accepted(), deadline, "QEMU's control connection");
        QmpClient qmp = started.await(QmpClient.open(started.loop, qmpSocket), deadline, "QEMU's greeting");
        SocketChannel channel = started.await(sockets.channel().accepted(), deadline, "the guest channel");
        SocketChannel shares = started.await(sockets.shares().accepted(), deadline, "the port for shared folders");
        for (SocketChannel port : List.of(shares, channel)) {
            undo.push(() -> started.loop.close(port, new EventLoop.ClosedException("The VM was closed.")));
        }
        watchDisk(started, qmp, channel);
        return new QemuMachine(started, qmp, new Ports(channel, shares), restored, undo.move());
    }

    private static void watchDisk(Started started, QmpClient qmp, SocketChannel channel) {
        qmp.event(DiskFailure::isStop)
                .thenCompose(event -> started.loop.submit(() -> {
                    started.endWithItsDisk(event, channel);
                    return null;
                }))
                .exceptionally(end -> {
                    LOG.debug("{} had no trouble with its disk.", started.spec.id(), end);
                    return null;
                });
    }

    /** Loads the state that is the child's standard input, and returns when the machine runs. */
    void load(Deadline deadline) throws IOException {
        CompletableFuture<JsonNode> runs = qmp.event("RESUME");
        CompletableFuture<JsonNode> prepared = qmp.execute("migrate-set-capabilities", capabilities());
        CompletableFuture<JsonNode> loaded = qmp.execute("migrate-incoming", Map.of("uri", "fd:0"));
        try {
            started.await(prepared, deadline, "QEMU's answer");
            started.await(loaded, deadline, "the devices' state to be read");
            started.await(runs, deadline, "the machine to run");
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "\n" + started.lastWords(), e);
        }
    }

    /** Memory is not part of the state: the memory file is the memory. */
    private static Map<String, ?> capabilities() {
        return Map.of(
                "capabilities",
                List.of(
                        Map.of("capability", IGNORE_SHARED, "state", true),
                        Map.of("capability", "events", "state", true)));
    }

    @Override
    public SocketChannel channel() {
        return channel;
    }

    @Override
    public SocketChannel shares() {
        return shares;
    }

    @Override
    public void freeze(Path deviceState, Deadline deadline) throws IOException {
        if (restored) {
            throw new IOException(started.spec.id() + " was restored, so its memory file " + started.spec.memory()
                    + " is not its memory and it can't be frozen. Take a checkpoint.");
        }
        try (UnixListener listener =
                UnixListener.bind(started.loop, started.spec.runFolder().resolve(STATE_SOCKET))) {
            CompletableFuture<JsonNode> finished = qmp.event(QemuMachine::isMigrationEnd);
            CompletableFuture<Void> failure = finished.thenCompose(QemuMachine::failIfNotCompleted);
            started.await(qmp.execute("migrate-set-capabilities", capabilities()), deadline, "QEMU's answer");
            started.await(qmp.execute("migrate", Map.of("uri", "unix:" + listener.path())), deadline, "QEMU's answer");
            SocketChannel socket =
                    started.await(listener.accepted(), failure, deadline, "QEMU to send its devices' state");
            started.await(
                    StateReceiver.receive(started.loop, socket, deviceState), failure, deadline, "the devices' state");
            started.await(finished, failure, deadline, "QEMU to finish freezing");
        } finally {
            Files.deleteIfExists(started.spec.runFolder().resolve(STATE_SOCKET));
        }
    }

    /** Completes only if the freeze has failed, for those who wait for one of its parts. */
    private static CompletableFuture<Void> failIfNotCompleted(JsonNode event) {
        return event.path("data").path("status").asText().equals("completed")
                ? new CompletableFuture<>()
                : CompletableFuture.failedFuture(new IOException("QEMU could not freeze the machine: " + event));
    }

    private static boolean isMigrationEnd(JsonNode event) {
        String status = event.path("data").path("status").asText();
        return event.path("event").asText().equals("MIGRATION")
                && (status.equals("completed") || status.equals("failed") || status.equals("cancelled"));
    }

    @Override
    public ChangedMemory checkpoint(Path deviceState, Deadline deadline) throws IOException {
        if (!restored) {
            throw new IOException(started.spec.id() + " was booted, so all of its memory is in " + started.spec.memory()
                    + " and no checkpoint of it can be taken. Freeze it.");
        }
        QemuCheckpoint checkpoint = stop(deadline);
        checkpoint.saveDevices(deviceState);
        try {
            ChangedMemory changed =
                    checkpoint.changedMemory(PROC, started.child.handle().pid());
            replaceChangedMemory(changed);
            return changed;
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(deviceState);
            throw e;
        }
    }

    /** Stops the machine; what is returned can then look at it. */
    QemuCheckpoint stop(Deadline deadline) throws IOException {
        started.await(qmp.execute("stop", Map.of()), deadline, "QEMU to stop the machine");
        return new QemuCheckpoint(started.spec, (command, arguments) -> execute(command, arguments, deadline));
    }

    JsonNode execute(String command, Map<String, ?> arguments, Deadline deadline) throws IOException {
        return started.await(qmp.execute(command, arguments), deadline, "QEMU's command " + command);
    }

    @Override
    public void readScratch(ChangedDisk sink) throws IOException {
        Scratch scratch = started.spec
                .scratch()
                .filter(disk -> disk.base().isPresent())
                .orElseThrow(() -> new IOException(started.spec.id() + " has no scratch disk that is an overlay."));
        QcowOverlay.read(scratch.file(), scratch.bytes(), sink);
    }

    private void replaceChangedMemory(ChangedMemory next) {
        synchronized (lock) {
            if (changedMemory != null) {
                changedMemory.close();
            }
            changedMemory = next;
        }
    }

    @Override
    public void proceed(Deadline deadline) throws IOException {
        // What it read from now on would be of another moment.
        replaceChangedMemory(null);
        Await.get(qmp.execute("cont", Map.of()), deadline, "QEMU to let the machine run on");
    }

    @Override
    public Optional<ProcessHandle> process() {
        return Optional.of(started.child.handle());
    }

    @Override
    public Path console() {
        return started.console.file();
    }

    /** One that ends closes its connections first. */
    @Override
    public boolean hasEnded() {
        try {
            return !started.child.isAlive() || (!channel.isOpen() && started.child.endsWithin(END_AFTER_EOF));
        } catch (IOException e) {
            LOG.debug("Whether {} has ended is not known.", started.spec.id(), e);
            return false;
        }
    }

    @Override
    public String lastWords() {
        return started.lastWords()
                + (started.diskFailure.line().isEmpty() && hasEnded() ? started.child.describeEnd() : "");
    }

    @Override
    public void close() {
        replaceChangedMemory(null);
        resources.close();
    }
}
