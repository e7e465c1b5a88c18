// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import static org.assertj.core.api.BDDAssertions.then;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The agent, on this machine or in one of its own, and the host's end of its channel. Confined to one thread; every wait has a bound. */
final class AgentProcess implements AutoCloseable {
    static final long SESSION = 0x1122334455667788L;
    private static final long PATIENCE_MS = 30_000;

    private final Path folder;
    private final Process process;
    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer input =
            ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN).flip();
    private int lastStream;

    private AgentProcess(Path folder, Process process, SocketChannel channel, Selector selector) {
        this.folder = folder;
        this.process = process;
        this.channel = channel;
        this.selector = selector;
    }

    /** @param folder an empty one for its socket and output */
    static AgentProcess launch(Path folder) throws IOException {
        Path passwd = Files.writeString(folder.resolve("passwd"), "root:x:0:0::/root:/bin/sh\n");
        Path group = Files.writeString(folder.resolve("group"), "root:x:0:\n");
        String program = Path.of(System.getProperty("thaw.agent.folder"), "agent-on-host")
                .toString();
        return launch(folder, socket -> List.of(program, socket.toString(), passwd.toString(), group.toString()));
    }

    /** @param command of a program that connects to the socket, given its path */
    static AgentProcess launch(Path folder, Function<Path, List<String>> command) throws IOException {
        Path socket = folder.resolve("channel");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Process process = new ProcessBuilder(command.apply(socket))
                    .redirectOutput(folder.resolve("stdout").toFile())
                    .redirectError(folder.resolve("stderr").toFile())
                    .start();
            SocketChannel channel = server.accept();
            channel.configureBlocking(false);
            Selector selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            return new AgentProcess(folder, process, channel, selector);
        }
    }

    /** With hello and RESUME behind it. */
    static AgentProcess resumed(Path folder) throws IOException {
        AgentProcess agent = launch(folder);
        agent.resume("vm-1");
        return agent;
    }

    /** Begins a session, with hello and RESUME. */
    void resume(String hostName) throws IOException {
        send(Wire.hello(1, 1, SESSION));
        expectHello(SESSION);
        then(unary(1, Wire.resume(hostName)).type()).isEqualTo(Frame.END);
    }

    void send(byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (out.hasRemaining()) {
            channel.write(out);
            then(System.nanoTime() - deadline)
                    .as("the agent reads what is sent")
                    .isNegative();
        }
    }

    void send(int stream, int type, byte[] payload) throws IOException {
        send(Wire.frame(stream, type, 0, payload));
    }

    void grant(int stream, int bytes) throws IOException {
        send(stream, Frame.WINDOW, new Wire().u32(bytes).done());
    }

    /** The number of the new stream. */
    int open(int kind, byte[] request) throws IOException {
        int stream = ++lastStream;
        send(stream, Frame.OPEN, new Wire().u8(kind).raw(request).done());
        return stream;
    }

    /** The frame that ends a stream without data. Frames of other streams must not be under way. */
    Frame unary(int kind, byte[] request) throws IOException {
        int stream = open(kind, request);
        Frame frame = frame();
        then(frame.stream()).as("%s", frame).isEqualTo(stream);
        return frame;
    }

    void expectHello(long session) throws IOException {
        byte[] hello = new byte[32];
        need(hello.length);
        input.get(hello);
        then(hello).isEqualTo(Wire.hello(1, 2, session));
    }

    Frame frame() throws IOException {
        need(Frame.HEADER_SIZE);
        int length = input.getInt();
        int stream = input.getInt();
        int type = input.get();
        int flag = input.get();
        then(input.getShort()).isZero();
        byte[] payload = new byte[length];
        need(length);
        input.get(payload);
        return new Frame(stream, type, flag, payload);
    }

    Frame expect(int stream, int type) throws IOException {
        Frame frame = frame();
        then(frame).as("%s", frame).matches(f -> f.stream() == stream && f.type() == type, "the expected frame");
        return frame;
    }

    private void need(int bytes) throws IOException {
        while (input.remaining() < bytes) {
            then(readMore()).as("the agent's port is open; it said: %s", said()).isTrue();
        }
    }

    /** Everything that comes until the agent closes its end, and how it ended. */
    void expectEnd() throws IOException {
        do {
            input.position(input.limit());
        } while (readMore());
        try {
            then(process.waitFor(PATIENCE_MS, TimeUnit.MILLISECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        then(process.exitValue()).as(said()).isZero();
    }

    private boolean readMore() throws IOException {
        input.compact();
        try {
            if (selector.select(PATIENCE_MS) == 0) {
                throw new IOException("nothing came from the agent for " + PATIENCE_MS + " ms; it said: " + said());
            }
            selector.selectedKeys().clear();
            return channel.read(input) >= 0;
        } catch (IOException e) {
            if ("Connection reset by peer".equals(e.getMessage())) {
                return false; // it ended with our bytes unread
            }
            throw e;
        } finally {
            input.flip();
        }
    }

    /** What the agent wrote to its console; of a machine, what its kernel and QEMU wrote as well. */
    String said() {
        try {
            return Files.readString(folder.resolve("stdout")) + Files.readString(folder.resolve("stderr"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void hangUp() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
        process.destroyForcibly();
    }
}
