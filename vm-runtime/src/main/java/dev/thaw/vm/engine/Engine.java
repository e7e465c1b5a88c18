// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.engine;

import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.nio.file.Path;

/** Boots and restores machines. Thread-safe. Whoever closes it has closed its machines before. */
public interface Engine extends AutoCloseable {

    /**
     * What a frozen machine depends on beside its own parts: engine, version, accelerator, CPU model. A snapshot can
     * only be restored under the identity under which it was frozen.
     */
    String identity();

    /** Starts a machine from its kernel. Its memory file is created. */
    Machine boot(MachineSpec spec, EventLoop loop, Deadline deadline) throws IOException;

    /**
     * Continues a frozen machine on a private copy of its memory: the memory file is mapped copy-on-write and never
     * written. Returns when it runs.
     */
    Machine restore(MachineSpec spec, Path deviceState, EventLoop loop, Deadline deadline) throws IOException;

    @Override
    void close();
}
