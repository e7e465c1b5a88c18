// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;

/** Writes the devices' state that a QEMU sends into a file. Event loop's thread. */
final class StateReceiver implements EventLoop.Handler {
    /** A microvm's state has some 64 KiB; a QEMU that sends this much has gone wrong. */
    static final long MAX_STATE_BYTES = 64L << 20;

    private static final int READ_BYTES = 64 * 1024;

    private final SocketChannel socket;
    private final FileChannel file;
    private final ByteBuffer readBuffer = ByteBuffer.allocate(READ_BYTES);
    private final CompletableFuture<Long> received = new CompletableFuture<>();
    private long bytes;

    private StateReceiver(SocketChannel socket, FileChannel file) {
        this.socket = socket;
        this.file = file;
    }

    /** Completes with the number of bytes once the sender has closed its side and the file is closed. */
    static CompletableFuture<Long> receive(EventLoop loop, SocketChannel socket, Path target) {
        return loop.compose(() -> {
            FileChannel file = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            StateReceiver receiver = new StateReceiver(socket, file);
            loop.register(socket, SelectionKey.OP_READ, receiver);
            return receiver.received;
        });
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        readBuffer.clear();
        if (socket.read(readBuffer) < 0) {
            socket.close();
            file.close();
            received.complete(bytes);
            return;
        }
        readBuffer.flip();
        bytes += readBuffer.remaining();
        if (bytes > MAX_STATE_BYTES) {
            throw new IOException("QEMU sent more than " + MAX_STATE_BYTES + " bytes of device state.");
        }
        while (readBuffer.hasRemaining()) {
            file.write(readBuffer);
        }
    }

    @Override
    public void closed(Throwable cause) {
        try {
            file.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        received.completeExceptionally(cause);
    }
}
