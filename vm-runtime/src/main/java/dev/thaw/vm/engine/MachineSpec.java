// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.engine;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a machine is made of.
 *
 * @param id names it in messages and threads
 * @param runFolder exists, for this machine and its owner alone; sockets and consoles go there
 * @param commandLine the kernel's
 * @param disk the root file system, read-only and shared by many machines
 * @param memory the file that is the machine's memory
 * @param scratch its writable disk, if it has one
 */
public record MachineSpec(
        String id,
        Path runFolder,
        Path kernel,
        Path initramfs,
        String commandLine,
        Path disk,
        Path memory,
        long memoryBytes,
        int cpus,
        Optional<Scratch> scratch) {

    /** The same machine with this disk. */
    public MachineSpec with(Scratch writable) {
        return new MachineSpec(
                id, runFolder, kernel, initramfs, commandLine, disk, memory, memoryBytes, cpus, Optional.of(writable));
    }
}
