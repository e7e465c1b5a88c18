// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

/**
 * What runs the guest's instructions.
 *
 * @see dev.thaw.vm.ThawConfig.Accel
 */
enum Accelerator {
    KVM("kvm", "host"),
    HVF("hvf", "host"),
    /**
     * The CPU model "max" is the same on every host for the same QEMU version, so snapshots can move between them. Of
     * fast byte-wise string instructions (erms, fsrm) it only claims to be capable: they are emulated byte by byte, and a
     * kernel that believes in them takes eight times as many steps to clear a page.
     */
    TCG("tcg", "max,-erms,-fsrm");

    private final String option;
    private final String cpuModel;

    Accelerator(String option, String cpuModel) {
        this.option = option;
        this.cpuModel = cpuModel;
    }

    /** The value of QEMU's option {@code -accel}. */
    String option() {
        return option;
    }

    /** The value of QEMU's option {@code -cpu}. */
    String cpuModel() {
        return cpuModel;
    }
}
