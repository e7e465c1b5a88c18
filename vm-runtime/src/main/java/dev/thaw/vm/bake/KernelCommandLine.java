// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import dev.thaw.vm.VmSpec;

/**
 * What the guest's kernel is told. Much of it makes snapshots small and alike, so that they share blocks; docs/benchmarks.md
 * has what each step gained. Stateless.
 */
final class KernelCommandLine {
    /**
     * A panic ends the machine at once, by a triple fault, since none of the kernel's other ways to reset a machine works
     * on this one.
     */
    private static final String CONSOLE = "console=ttyS0 quiet panic=-1 reboot=t";

    /**
     * Freed pages are zeros, which snapshots do not store; so a second zeroing at allocation is not needed. The files of
     * tracefs and debugfs, ten thousand inodes with the time of boot in them, are more than all else that the kernel
     * allocates, and no service looks at them.
     */
    private static final String ALIKE =
            " init_on_free=1 init_on_alloc=0 initcall_blacklist=tracer_init_tracefs debugfs=off";

    private static final String SAME_ADDRESSES = " nokaslr norandmaps";

    /**
     * What only slows a kernel down that serves one program in a machine of its own is off: mitigations between processes,
     * pressure statistics, security modules. Under emulation every path not taken is code not translated after a thaw.
     */
    private static final String QUICK =
            " mitigations=off hardened_usercopy=off lsm= audit=0 psi=0 nowatchdog no5lvl random.trust_cpu=on";

    /** The agent's: the writable layer is on the scratch disk. */
    private static final String SCRATCH = " thaw.scratch";

    private KernelCommandLine() {}

    static String of(VmSpec spec) {
        return CONSOLE
                + ALIKE
                + (spec.addressRandomization() ? "" : SAME_ADDRESSES)
                + QUICK
                + (spec.diskBytes() > 0 ? SCRATCH : "");
    }
}
