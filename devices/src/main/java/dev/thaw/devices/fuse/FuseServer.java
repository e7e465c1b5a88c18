// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.FuseExchange;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.replay.Replays;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one FUSE connection. {@link #request} is called by one thread at a time, the transport's; what may wait for
 * the host's disks goes on in the executor, so that it holds nothing up. Replies come from either. Whatever the guest
 * sends, each exchange is ended once and nothing is thrown.
 *
 * <p>It owns neither the tree nor the executor: close it, then the tree.
 */
public final class FuseServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FuseServer.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

    private final Executor executor;
    private final FuseOperations operations;
    private final InFlight inFlight;
    private final Replayer replayer;
    private final LongAdder requests = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder malformed = new LongAdder();
    private volatile boolean closed;

    /**
     * @param executor for what may wait, bounded by whoever owns it
     * @param watched whether changes that others make to a node are told to the guest; cheap and thread-safe. Asked
     *     after the node has been looked at
     * @param notifier the way to this connection's guest, for what the server itself changes behind its kernel's back
     */
    public FuseServer(FileTree tree, FuseOptions options, Executor executor, LongPredicate watched, Notifier notifier) {
        this(tree, options, executor, watched, notifier, new Replays());
    }

    /** @param replays what the guest's replayer may be doing */
    public FuseServer(
            FileTree tree,
            FuseOptions options,
            Executor executor,
            LongPredicate watched,
            Notifier notifier,
            Replays replays) {
        this.executor = executor;
        this.inFlight = new InFlight(options.maxInFlight());
        Lifetimes lifetimes = new Lifetimes(options, watched, replays::isUnsettled);
        this.operations = FuseOperations.over(tree, lifetimes, executor, notifier);
        this.replayer = new Replayer(tree, replays);
    }

    /** Serves a request, or begins to. */
    public void request(FuseExchange exchange) {
        requests.increment();
        ByteBuffer message = exchange.request();
        FuseCall call = callOf(message, exchange);
        if (call == null) {
            return;
        }
        try {
            if (closed || !operations.session().admits(call.opcode())) {
                call.fail(closed ? Errno.ENODEV : Errno.EIO);
                return;
            }
            FuseRequest request =
                    FuseDecoder.decode(call.opcode(), call.header().body(message));
            if (replayer.serves(request, call)) {
                requireCare(call);
            } else if (!request.serveNow(operations, call)) {
                serveLater(request, call);
            } else {
                requireCare(call);
            }
        } catch (Throwable e) { // an Error, as memory for one buffer, is one request's failure
            fail(call, e);
        }
    }

    /** Null for what can't be answered, which has been ended. A reply to number 0 would be a notification. */
    private FuseCall callOf(ByteBuffer message, FuseExchange exchange) {
        try {
            FuseInHeader header = FuseInHeader.decode(message);
            if (header.unique() != 0) {
                return new FuseCall(header, exchange, failures);
            }
        } catch (MalformedRequestException e) {
            log.debug("not a request: {}", e.getMessage());
        }
        malformed.increment();
        long unique = FuseInHeader.uniqueOf(message);
        if (unique == 0) {
            exchange.done();
        } else {
            exchange.reply(new FuseOutHeader(FuseOutHeader.SIZE, -Errno.EIO.linux(), unique).message());
        }
        return null;
    }

    private void serveLater(FuseRequest request, FuseCall call) {
        call.whenEnded(inFlight.begin());
        executor.execute(() -> serve(request, call));
    }

    private void serve(FuseRequest request, FuseCall call) {
        try {
            request.serve(operations, call);
            requireCare(call);
        } catch (Throwable e) { // as above
            fail(call, e);
        }
    }

    private static void requireCare(FuseCall call) {
        if (!call.isCaredFor()) {
            throw new IllegalStateException(call + " was served and has no answer");
        }
    }

    private void fail(FuseCall call, Throwable e) {
        if (e instanceof MalformedRequestException) {
            malformed.increment();
        }
        Failures.answer(call, e);
    }

    /**
     * Whether the transport should go on reading requests. Those that it has read are served in any case. Once this has
     * said no, the action of {@link #whenWantsMore} is run when it should.
     */
    public boolean wantsMore() {
        return inFlight.wantsMore();
    }

    /** Sets what is run, by any thread, when more requests are wanted again. It must not block. */
    public void whenWantsMore(Runnable action) {
        inFlight.whenWantsMore(action);
    }

    public FuseCounters counters() {
        return new FuseCounters(
                requests.sum(),
                failures.sum(),
                malformed.sum(),
                inFlight.count(),
                operations.locks().waiting());
    }

    /**
     * Refuses what still comes, ends waits for locks, and waits for what is under way.
     *
     * @throws IOException if that takes longer than 30 seconds; the tree must not be closed then
     */
    @Override
    public void close() throws IOException {
        closed = true;
        operations.locks().cancelAll();
        int left = inFlight.awaitNone(CLOSE_TIMEOUT);
        if (left > 0) {
            throw new IOException(left + " FUSE requests are still under way after " + CLOSE_TIMEOUT.toSeconds()
                    + " s: is the host's disk stuck?");
        }
    }
}
