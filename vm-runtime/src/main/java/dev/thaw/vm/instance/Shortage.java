// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.instance;

import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.guest.GuestStats;

/**
 * What a guest has run out of, told to the user who sees a service fail: most say it in a line of their log at best, and those
 * that the kernel kills say nothing. Stateless.
 */
final class Shortage {
    /** A service that finds no room for a large file has left some: a share, in bytes or files, counts as nothing. */
    private static final int NEARLY = 32;

    private static final long MIB = 1 << 20;

    private Shortage() {}

    /** A line for each thing that is short, or empty. */
    static String describe(GuestStats stats, MachineSpec spec) {
        return room(stats, spec) + inodes(stats, spec) + memory(stats, spec);
    }

    private static String room(GuestStats stats, MachineSpec spec) {
        long total = stats.rootTotalBytes();
        long free = stats.rootFreeBytes();
        if (total == 0 || free > total / NEARLY) {
            return "";
        }
        return "The guest's writable layer is " + (free < MIB ? "full: " : "nearly full: ") + free + " of " + total
                + " bytes are free. " + remedy(spec) + "\n";
    }

    private static String inodes(GuestStats stats, MachineSpec spec) {
        long total = stats.rootInodes();
        long free = stats.rootFreeInodes();
        if (total == 0 || free > total / (NEARLY * NEARLY)) {
            return "";
        }
        return "The guest's writable layer has no room for more files: " + free + " of " + total + " inodes are free. "
                + remedy(spec) + "\n";
    }

    private static String remedy(MachineSpec spec) {
        return spec.scratch()
                .map(scratch -> "It is a scratch disk of " + scratch.bytes() / MIB + " MiB; give the VM a larger disk.")
                .orElse("It is kept in memory (tmpfs), three quarters of " + spec.memoryBytes() / MIB
                        + " MiB; give the VM more memory, or a disk, such as disk = \"4g\".");
    }

    private static String memory(GuestStats stats, MachineSpec spec) {
        long killed = stats.killedForMemory();
        if (killed == 0) {
            return "";
        }
        String written = "";
        if (spec.scratch().isEmpty()) {
            long layer = stats.rootTotalBytes() - stats.rootFreeBytes();
            written = ", of which what it has written takes " + layer / MIB;
        }
        return "The guest has run out of memory: its kernel has killed " + killed
                + (killed == 1 ? " process" : " processes") + " for that since its boot. It has "
                + spec.memoryBytes() / MIB + " MiB" + written + "; give the VM more memory"
                + (spec.scratch().isPresent() ? ".\n" : ", or a disk for what it writes, such as disk = \"4g\".\n");
    }
}
