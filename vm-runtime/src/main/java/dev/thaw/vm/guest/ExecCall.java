// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.ExecResult;
import dev.thaw.vm.ExecSpec;
import dev.thaw.vm.channel.MuxStream;
import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.StreamListener;
import dev.thaw.vm.channel.WireReader;
import dev.thaw.vm.channel.WireWriter;
import dev.thaw.vm.loop.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** A command that runs in the guest. All but {@link #result} and {@link #kill} happens on the loop's thread. */
public final class ExecCall implements StreamListener {
    /** What is kept of standard output and standard error together. */
    public static final int MAX_OUTPUT_BYTES = 16 << 20;

    private static final int STDIN_OPEN = 1;
    private static final int ECANCELED = 125;
    private static final int SIGNAL_EXIT_CODE = 128;

    private final EventLoop loop;
    private final ByteBuffer stdin;
    private final long startNanos = System.nanoTime();
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private final CompletableFuture<ExecResult> result = new CompletableFuture<>();
    private MuxStream stream;

    ExecCall(EventLoop loop, ExecSpec command) {
        this.loop = loop;
        this.stdin = command.stdin();
    }

    static byte[] encode(ExecSpec command) {
        return new WireWriter()
                .u32(command.stdin().hasRemaining() ? STDIN_OPEN : 0)
                .strings(command.argv())
                .strings(ServiceProcess.assignments(command.env()))
                .string(command.user())
                .string(command.directory())
                .toBytes();
    }

    /** Completes when the command has ended, or exceptionally when it could not be run or the guest is gone. */
    public CompletableFuture<ExecResult> result() {
        return result;
    }

    /** Kills the command; the result fails with the reason unless it is there already. */
    public void kill(String reason) {
        result.completeExceptionally(new IOException(reason));
        try {
            loop.execute(() -> {
                if (stream != null) {
                    stream.reset(ECANCELED, reason);
                }
            });
        } catch (RejectedExecutionException e) {
            // The loop is closed, so the guest and the command in it are gone.
            return;
        }
    }

    void attach(MuxStream opened) {
        stream = opened;
        if (result.isDone()) {
            opened.reset(ECANCELED, "no longer wanted");
        }
    }

    @Override
    public void opened(ByteBuffer reply) throws ProtocolException {
        WireReader in = new WireReader("The guest's answer to EXEC", reply);
        in.u32();
        in.requireEnd();
        writable();
    }

    @Override
    public void writable() {
        if (stdin.hasRemaining() && stream.send(stdin)) {
            stream.eof();
        }
    }

    @Override
    public void data(int flag, ByteBuffer data) {
        int length = data.remaining();
        if (stdout.size() + stderr.size() + length > MAX_OUTPUT_BYTES) {
            kill("it wrote more than " + (MAX_OUTPUT_BYTES >> 20)
                    + " MiB of output, which is the limit; write to a file in the guest instead");
            return;
        }
        byte[] bytes = new byte[length];
        data.get(bytes);
        (flag == 0 ? stdout : stderr).writeBytes(bytes);
        stream.consumed(length);
    }

    @Override
    public void eof(int flag) {
        // END says all that is needed.
    }

    @Override
    public void end(ByteBuffer bytes) throws ProtocolException {
        WireReader in = new WireReader("The guest's result of EXEC", bytes);
        ServiceState state = ServiceState.read(in);
        in.requireEnd();
        int exitCode = state.state() == ServiceState.State.KILLED ? SIGNAL_EXIT_CODE + state.code() : state.code();
        result.complete(new ExecResult(
                exitCode,
                stdout.toString(StandardCharsets.UTF_8),
                stderr.toString(StandardCharsets.UTF_8),
                Duration.ofNanos(System.nanoTime() - startNanos)));
    }

    @Override
    public void reset(int errno, String message) {
        result.completeExceptionally(new GuestRefusedException(errno, message));
    }

    @Override
    public void failed(Throwable cause) {
        result.completeExceptionally(cause);
    }
}
