// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.engine;

import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;

/** A machine that runs or is frozen. Thread-safe. Closing it ends it at once. */
public interface Machine extends AutoCloseable {

    /** Leads to the agent in the guest. To be taken over once, by the event loop that the machine was started with. */
    SocketChannel channel();

    /**
     * Leads to the relay of shared folders in the guest, which is silent until it is greeted. To be taken over once at most,
     * by the same event loop; closed with the machine.
     */
    SocketChannel shares();

    /**
     * Stops a machine that was booted and writes its devices' state; with this file and the memory file it can be
     * restored. The guest has been quiesced before. The machine stays stopped until {@link #proceed} or its end.
     *
     * @throws IOException also if the machine was restored: then the memory file is not its memory
     */
    void freeze(Path deviceState, Deadline deadline) throws IOException;

    /**
     * Stops a machine that was restored and writes its devices' state; with this file, and a memory file that is made of
     * its own one and what has changed, it can be restored. The guest has been quiesced or paused before. The machine
     * stays stopped until {@link #proceed} or its end, also if this fails.
     *
     * @param deviceState does not exist yet; nothing of it is left if this fails
     * @return to be read before the machine proceeds, which closes it
     * @throws IOException also if the machine was booted: all of its memory is in its memory file, which {@link #freeze} is for
     */
    ChangedMemory checkpoint(Path deviceState, Deadline deadline) throws IOException;

    /**
     * Gives what a checkpointed machine has written to its scratch disk. Before it proceeds.
     *
     * @throws IOException also if the disk is no overlay: then its file is all that there is
     */
    void readScratch(ChangedDisk sink) throws IOException;

    /**
     * Lets a frozen or checkpointed machine run on. One that was booted goes on writing to its memory file, so that has to
     * be copied before.
     */
    void proceed(Deadline deadline) throws IOException;

    /** The process that it runs in, if it has one of its own. */
    Optional<ProcessHandle> process();

    /** What the guest's kernel wrote to its console, a file with a bounded size. */
    Path console();

    /** Whether it has ended, by itself or by {@link #close}. May take a moment while that is in doubt. */
    boolean hasEnded();

    /** The end of the console and what the engine said, for a message; several lines, or empty. */
    String lastWords();

    @Override
    void close();
}
