// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import dev.thaw.guest.Boot;
import dev.thaw.image.Disk;
import dev.thaw.image.Image;
import dev.thaw.snapshot.BakeKey;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.guest.ServiceProcess;
import java.nio.file.Path;
import java.util.List;

/**
 * A spec with everything that it leaves open filled in.
 *
 * @param name the spec's, or one made from the image's
 * @param ports the spec's, or else the image's
 * @param key names the snapshot
 */
public record Plan(
        VmSpec spec,
        String name,
        Image image,
        Disk disk,
        Boot boot,
        ServiceProcess service,
        List<Integer> ports,
        BakeKey key) {

    /**
     * The guest kernel's command line. Freed pages are zeroed and addresses not randomised, so that snapshots are
     * small and alike (measured in docs/benchmarks.md); a panic ends the machine at once. Nobody but the service itself
     * runs in a guest, so it needs no protection of its kernel from its processes by way of slower code.
     */
    static final String COMMAND_LINE =
            "console=ttyS0 quiet panic=-1 init_on_free=1 nokaslr norandmaps mitigations=off random.trust_cpu=on";

    /** The machine to boot or to restore. */
    public MachineSpec machine(String id, Path runFolder, Path memory) {
        return new MachineSpec(
                id,
                runFolder,
                boot.kernel(),
                boot.initramfs(),
                COMMAND_LINE,
                disk.file(),
                memory,
                spec.memoryBytes(),
                spec.cpus());
    }
}
