// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.ExecSpec;
import dev.thaw.vm.channel.ChannelLink;
import dev.thaw.vm.channel.Mux;
import dev.thaw.vm.channel.MuxStream;
import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.StreamListener;
import dev.thaw.vm.channel.WireReader;
import dev.thaw.vm.channel.WireWriter;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent in one guest, from its first hello to its end. Thread-safe. */
public final class Guest {
    private static final Logger LOG = LoggerFactory.getLogger(Guest.class);
    private static final int MAX_PORTS = 4096;

    private final EventLoop loop;
    private final ChannelLink link;
    private final SecureRandom random = new SecureRandom();
    /** Loop's thread only; null until the first session has begun. */
    private Mux mux;
    /** Loop's thread only. */
    private boolean paused;

    private volatile Fence fence = Fence.NONE;

    private Guest(EventLoop loop, ChannelLink link) {
        this.loop = loop;
        this.link = link;
    }

    /** Takes over the socket that leads to the agent. The loop owns it from here on. */
    public static CompletableFuture<Guest> attach(EventLoop loop, SocketChannel socket) {
        return loop.submit(() -> new Guest(loop, ChannelLink.open(loop, socket)));
    }

    /** Has what is sent to the guest's programs from now on wait for this fence. */
    public void fence(Fence before) {
        fence = before;
    }

    /**
     * Runs what sends bytes to the guest's programs: at once if they know of all that the host has done up to now, else as
     * soon as they do, unless the loop ends before. Loop's thread only, also for what is run.
     *
     * @return whether it was run at once
     */
    @SuppressWarnings("FutureReturnValueIgnored") // it never fails
    public boolean inOrder(Runnable send) {
        if (fence.isClear()) {
            send.run();
            return true;
        }
        fence.cleared().thenRun(() -> {
            try {
                loop.execute(send);
            } catch (RejectedExecutionException e) {
                LOG.debug("The guest has gone before it could be sent something.", e);
            }
        });
        return false;
    }

    /**
     * Lets the guest's processes run, with the host's time and this identity, in the session that was paused or else in a
     * new one.
     */
    public CompletableFuture<ServiceState> resume(Identity identity) {
        return loop.compose(() -> {
            byte[] request = identity.encodeResume(Clock.systemUTC(), random);
            if (!paused) {
                mux = link.beginSession(random.nextLong() | 1);
                return unary(Kind.RESUME, request, ServiceState::read);
            }
            paused = false;
            UnaryCall<ServiceState> call = new UnaryCall<>(ServiceState::read);
            link.continueSession(Kind.RESUME, request, call);
            return call.result();
        });
    }

    /**
     * Stops everything in the guest but the agent for a checkpoint. What is asked of the guest from now on waits for {@link
     * #resume}, which goes on with all that is open; in a copy of the machine it is closed.
     */
    public CompletableFuture<Void> pause() {
        return loop.compose(() -> {
            requireSession();
            UnaryCall<Void> call = new UnaryCall<>(in -> null);
            link.pauseSession(Kind.PAUSE, new byte[0], call);
            return call.result().whenComplete((done, failure) -> endPause(failure == null));
        });
    }

    private void endPause(boolean atRest) {
        paused = atRest;
        if (atRest) {
            link.sessionPaused();
        } else {
            link.pauseFailed();
        }
    }

    /** Starts the service; the future has its process id. */
    public CompletableFuture<Long> start(ServiceProcess service) {
        return call(Kind.START, service.encodeStart(), in -> in.u32());
    }

    /** Completes when the service has exited. */
    public CompletableFuture<ServiceState> awaitExit() {
        return call(Kind.WAIT, new byte[0], ServiceState::read);
    }

    /** The TCP ports that are listening in the guest now. */
    public CompletableFuture<SortedSet<Integer>> listening() {
        return call(Kind.LISTENING, new byte[0], Guest::readPorts);
    }

    /** Stops everything in the guest but the agent and ends the session; only {@link #resume} works after it. */
    public CompletableFuture<Void> quiesce() {
        return call(Kind.QUIESCE, new byte[0], in -> null);
    }

    public CompletableFuture<GuestStats> stats() {
        return call(Kind.STATS, new byte[0], GuestStats::read);
    }

    /** Connects to a port on the guest's loopback and ends the connection; completes when that is done. */
    public CompletableFuture<Void> touch(int port) {
        return loop.compose(() -> {
            TouchCall call = new TouchCall();
            call.attach(connect(port, call));
            return call.result();
        });
    }

    /** Runs a command, which {@link ExecCall#kill} ends early. */
    public ExecCall exec(ExecSpec command) {
        ExecCall call = new ExecCall(loop, command);
        loop.submit(() -> inOrder(() -> open(call, command))).exceptionally(failure -> {
            call.failed(failure);
            return null;
        });
        return call;
    }

    private void open(ExecCall call, ExecSpec command) {
        try {
            call.attach(open(Kind.EXEC, ExecCall.encode(command), call));
        } catch (IOException e) {
            call.failed(e);
        }
    }

    /** Gives every byte of the service's log, from its beginning on, to the reader. */
    public CompletableFuture<Void> followLogs(LogReader reader) {
        return loop.submit(() -> {
            reader.attach(
                    open(Kind.LOGS, new WireWriter().i64(reader.offset()).u8(1).toBytes(), reader));
            return null;
        });
    }

    /** Connects to a port on the guest's loopback. Loop's thread only, as is everything about the stream. */
    public MuxStream connect(int port, StreamListener listener) throws IOException {
        return open(Kind.CONNECT, new WireWriter().u16(port).string("").toBytes(), listener);
    }

    private <T> CompletableFuture<T> call(int kind, byte[] request, UnaryCall.Parser<T> parser) {
        return loop.compose(() -> unary(kind, request, parser));
    }

    private <T> CompletableFuture<T> unary(int kind, byte[] request, UnaryCall.Parser<T> parser) throws IOException {
        UnaryCall<T> call = new UnaryCall<>(parser);
        open(kind, request, call);
        return call.result();
    }

    private MuxStream open(int kind, byte[] request, StreamListener listener) throws IOException {
        requireSession();
        return mux.open(kind, request, listener);
    }

    private void requireSession() throws IOException {
        if (mux == null) {
            throw new IOException("The guest has not been resumed yet.");
        }
    }

    static SortedSet<Integer> readPorts(WireReader in) throws ProtocolException {
        long count = in.u32();
        if (count > MAX_PORTS) {
            throw new ProtocolException("The guest names " + count + " ports; the limit is " + MAX_PORTS + ".");
        }
        SortedSet<Integer> ports = new TreeSet<>();
        for (long i = 0; i < count; i++) {
            ports.add(in.u16());
        }
        return ports;
    }
}
