// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.log.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A QEMU process and what it writes to standard output and error. That is read to its end by a thread of its own, even
 * when the file is full: nobody fills the disk through QEMU, and QEMU never waits for a reader. Thread-safe.
 */
final class QemuChild implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QemuChild.class);
    private static final long MAX_FILE_BYTES = 1 << 20;
    private static final int TAIL_BYTES = 4096;
    private static final int READ_BYTES = 4096;
    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(10);
    /** A program in between that left processes behind may keep the pipe open after its own end. */
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(1);
    /** What Java adds to the number of a signal that has ended a process. */
    private static final int SIGNAL_STATUS = 128;

    private final Process process;
    private final Transcript messages;
    private final Thread reader;

    private QemuChild(Process process, Transcript messages, String name) {
        this.process = process;
        this.messages = messages;
        this.reader = new Thread(this::read, name);
        this.reader.setDaemon(true);
    }

    /**
     * Starts the process.
     *
     * @param file is created, for what the process writes
     * @param name the reading thread's
     */
    static QemuChild start(ChildSpawner spawner, ProcessBuilder builder, Path file, String name) throws IOException {
        Transcript messages = new Transcript(file, MAX_FILE_BYTES, TAIL_BYTES);
        try {
            QemuChild child = new QemuChild(spawner.start(builder.redirectErrorStream(true)), messages, name);
            child.reader.start();
            return child;
        } catch (IOException | RuntimeException e) {
            messages.close();
            throw e;
        }
    }

    private void read() {
        byte[] buffer = new byte[READ_BYTES];
        try (InputStream in = process.getInputStream()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                messages.append(ByteBuffer.wrap(buffer, 0, count));
            }
        } catch (IOException e) {
            // Killing a child closes its streams on this side.
            LOG.debug("The rest of what process {} says is not read.", process.pid(), e);
        }
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    CompletableFuture<Process> onExit() {
        return process.onExit();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    boolean endsWithin(Duration time) throws IOException {
        try {
            Await.get(process.onExit(), Deadline.in(time), "QEMU's end");
            return true;
        } catch (Await.TimedOutException stillRuns) {
            return false;
        }
    }

    /** The exit status of one that has ended. */
    int status() {
        return process.exitValue();
    }

    /** How one that has ended did, as a line. */
    String describeEnd() {
        int status = process.exitValue();
        if (status > SIGNAL_STATUS) {
            return "QEMU was ended by signal " + (status - SIGNAL_STATUS) + ".\n";
        }
        return "QEMU ended with status " + status
                + (status == 0 ? "; the guest's kernel has switched its machine off or reset it.\n" : ".\n");
    }

    /** The last of what it has said, for a message, up to its end if it has ended; several lines, or empty. */
    String said() {
        if (!process.isAlive()) {
            joinReader();
        }
        return Printable.quote(messages.lastLines());
    }

    private void joinReader() {
        try {
            reader.join(READ_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Kills it and waits for its end. */
    @Override
    public void close() throws IOException {
        try (messages) {
            process.destroyForcibly();
            if (!process.waitFor(KILL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("QEMU (process " + process.pid() + ") did not end within " + KILL_TIMEOUT
                        + " after it was killed.");
            }
            joinReader();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
