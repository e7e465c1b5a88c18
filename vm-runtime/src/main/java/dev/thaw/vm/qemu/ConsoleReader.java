// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.log.Printable;
import dev.thaw.vm.loop.EventLoop;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads what the guest's kernel writes to its serial console: all of it up to a limit into a file, the end of it into
 * memory. {@link #tail} and {@link #close} may be called from any thread, the rest from the event loop's.
 */
final class ConsoleReader implements EventLoop.Handler, AutoCloseable {
    private static final long MAX_FILE_BYTES = 4L << 20;
    private static final int TAIL_BYTES = 8192;
    private static final int READ_BYTES = 16 * 1024;
    private static final String PANIC = "Kernel panic - not syncing";

    private final Transcript transcript;
    private final ByteBuffer readBuffer = ByteBuffer.allocate(READ_BYTES);
    private SocketChannel socket;

    ConsoleReader(Path file) throws IOException {
        this.transcript = new Transcript(file, MAX_FILE_BYTES, TAIL_BYTES);
    }

    Path file() {
        return transcript.file();
    }

    void attach(EventLoop loop, SocketChannel connected) throws IOException {
        socket = connected;
        loop.register(connected, SelectionKey.OP_READ, this);
    }

    @Override
    public void ready(SelectionKey key) throws IOException {
        readBuffer.clear();
        if (socket.read(readBuffer) < 0) {
            throw new EOFException("The console is closed; the machine has ended.");
        }
        readBuffer.flip();
        transcript.append(readBuffer);
    }

    /**
     * The last lines, ready to be printed; empty if there are none. Beginning with a kernel's panic if that is known
     * still: what comes after its first line says less than that one.
     */
    String tail(int lines) {
        List<String> all = transcript.lastLines();
        return Printable.quote(all.subList(Math.max(0, Math.min(all.size() - lines, lastPanic(all))), all.size()));
    }

    /** The index of the line, or one beyond the end. */
    private static int lastPanic(List<String> lines) {
        for (int i = lines.size() - 1; i >= 0; i--) {
            if (lines.get(i).contains(PANIC)) {
                return i;
            }
        }
        return lines.size();
    }

    @Override
    public void closed(Throwable cause) {
        // The machine's end is noticed and told elsewhere.
    }

    @Override
    public void close() throws IOException {
        transcript.close();
    }
}
