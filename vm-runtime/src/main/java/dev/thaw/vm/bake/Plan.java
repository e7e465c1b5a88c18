// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import dev.thaw.guest.Boot;
import dev.thaw.guest.ScratchDisk;
import dev.thaw.image.Disk;
import dev.thaw.image.Image;
import dev.thaw.image.ImageConfig;
import dev.thaw.snapshot.BakeKey;
import dev.thaw.snapshot.Draft;
import dev.thaw.snapshot.ScratchInstance;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotFile;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.engine.Scratch;
import dev.thaw.vm.guest.ServiceProcess;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.ready.Readiness;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A spec with everything that it leaves open filled in.
 *
 * @param name the spec's, or one made from the image's
 * @param scratch makes the scratch disk, if there is to be one
 * @param ports the spec's, or else the image's
 * @param key names the snapshot
 */
public record Plan(
        VmSpec spec,
        String name,
        Image image,
        Disk disk,
        Boot boot,
        Optional<ScratchDisk> scratch,
        ServiceProcess service,
        List<Integer> ports,
        BakeKey key) {

    /** What tells whether the service in an instance is ready. */
    public Readiness readiness(Instance instance) {
        ImageConfig config = image.config();
        return new Readiness(instance, ports, config.healthcheck(), config.shell());
    }

    /** Those of the spec's or the image's ports that are in the set, in their order. */
    public List<Integer> portsAmong(Set<Integer> listening) {
        return ports.stream().filter(listening::contains).toList();
    }

    /** Makes the empty scratch disk of the machine to bake, if it is to have one. */
    Optional<Scratch> emptyScratch(Draft draft) throws IOException {
        if (scratch.isEmpty()) {
            return Optional.empty();
        }
        scratch.get().create(draft.rawScratch(), spec.diskBytes());
        return Optional.of(new Scratch(draft.rawScratch(), Optional.empty(), spec.diskBytes()));
    }

    /** The machine on the image's disk in the cache: to boot it, its memory file is created. Without a scratch disk. */
    public MachineSpec machine(String id, Path runFolder, Path memory) {
        return machine(id, runFolder, disk.file(), memory);
    }

    /**
     * The machine to thaw, on the disk that it was baked with: the image's may have gone from the cache since.
     *
     * @param copy its own copy of the scratch disk, if the snapshot has one
     */
    public MachineSpec restored(String id, Path runFolder, Snapshot snapshot, Optional<ScratchInstance> copy) {
        MachineSpec machine =
                machine(id, runFolder, snapshot.path(SnapshotFile.DISK).orElseThrow(), snapshot.memory());
        return copy.map(own -> machine.with(new Scratch(own.file(), own.base(), spec.diskBytes())))
                .orElse(machine);
    }

    private MachineSpec machine(String id, Path runFolder, Path root, Path memory) {
        return new MachineSpec(
                id,
                runFolder,
                boot.kernel(),
                boot.initramfs(),
                KernelCommandLine.of(spec),
                root,
                memory,
                spec.memoryBytes(),
                spec.cpus(),
                Optional.empty());
    }

    /** Makes what was baked from a part of the snapshot. */
    void referTo(Draft draft) {
        draft.refer(SnapshotFile.DISK, disk.file(), disk.digest().hex());
        draft.refer(SnapshotFile.KERNEL, boot.kernel(), boot.kernelSha256());
        draft.refer(SnapshotFile.INITRAMFS, boot.initramfs(), boot.initramfsSha256());
    }
}
