// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.guest.Guest;
import dev.thaw.vm.guest.Identity;
import dev.thaw.vm.guest.ServiceState;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;

/** A guest that has been taken over: the test is at its end of the channel and sends what it likes. */
public final class TakenOverGuest implements AutoCloseable {
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int HELLO = 32;
    private static final int RESUME_FRAME = 12 + 1 + 8 + 4 + 64 + 16 + 16 + 4 + "vm-1".length();
    private static final String RUNNING = "01000000 00000000";

    private final EventLoop loop;
    private final SocketChannel host;
    private final SocketChannel peer;
    private final Guest guest;

    /** @param folder for the socket, short enough for its path */
    public TakenOverGuest(Path folder) throws IOException {
        loop = EventLoop.start("thaw-taken-over");
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            peer = SocketChannel.open(address);
            host = server.accept();
            guest = Await.get(Guest.attach(loop, host), soon(), "the guest");
        }
    }

    public static Deadline soon() {
        return Deadline.in(PATIENCE);
    }

    public static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    public static byte[] frame(int type, int stream, int flag, byte... payload) {
        return ByteBuffer.allocate(12 + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(payload.length)
                .putInt(stream)
                .put((byte) type)
                .put((byte) flag)
                .putShort((short) 0)
                .put(payload)
                .array();
    }

    public EventLoop loop() {
        return loop;
    }

    public Guest guest() {
        return guest;
    }

    /** The host's end of the channel. */
    public SocketChannel host() {
        return host;
    }

    /** The guest's end of the channel. */
    public SocketChannel peer() {
        return peer;
    }

    public byte[] receive(int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            then(peer.read(bytes)).isPositive();
        }
        return bytes.array();
    }

    public void send(byte... bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            peer.write(buffer);
        }
    }

    /** Begins a session without an answer to RESUME, which is stream 1. */
    public CompletableFuture<ServiceState> sayHello() throws IOException {
        CompletableFuture<ServiceState> resumed = guest.resume(Identity.fresh("vm-1"));
        byte[] hello = receive(HELLO);
        receive(RESUME_FRAME);
        hello[18] = 2;
        send(hello);
        return resumed;
    }

    /** Plays a well-behaved agent up to the answer of RESUME. */
    public void resume() throws IOException {
        CompletableFuture<ServiceState> resumed = sayHello();
        send(frame(6, 1, 0, hex(RUNNING)));
        then(Await.get(resumed, soon(), "the resume").isRunning()).isTrue();
    }

    @Override
    public void close() throws IOException {
        peer.close();
        loop.close();
    }
}
