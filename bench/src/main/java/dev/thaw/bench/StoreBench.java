// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.snapshot.StoreOptions;
import dev.thaw.vm.ThawConfig;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What the store makes of many snapshots: how quick they are found, how little room alike ones take, how quick dedup and
 * checkpoints are. Its folder is on XFS, which shares blocks.
 */
public final class StoreBench {
    private StoreBench() {}

    /**
     * Measures and prints.
     *
     * @param args the folder that holds the images redis and postgres as OCI layouts, and a folder on XFS
     */
    public static void main(String[] args) throws Exception {
        Path images = Path.of(args[0]).toAbsolutePath().normalize();
        Path scratch = Path.of(args[1]).toAbsolutePath().normalize();
        DedupBench dedup = new DedupBench(images, scratch);
        dedup.run();
        CheckpointBench checkpoint = new CheckpointBench(images, scratch);
        checkpoint.run();
        LookupBench lookup = new LookupBench(scratch);
        lookup.run();
        dedup.print();
        checkpoint.print();
        lookup.print();
        System.out.printf(
                Locale.ROOT,
                "%nstore dedup_ratio=%.2f sibling_share=%.3f checkpoint_ms=%.0f lookup_ms=%.2f%n",
                dedup.ratio(),
                dedup.siblingShare(),
                checkpoint.medianMillis(),
                lookup.medianMillis());
    }

    /** The settings as they are, with the home on the scratch file system and dedup as wanted. */
    static ThawConfig config(Path scratch, boolean autoDedup) {
        ThawConfig config = ThawConfig.load();
        return new ThawConfig(
                scratch.resolve("home"),
                config.engine(),
                config.accel(),
                config.kernel(),
                config.qemu(),
                autoDedup,
                config.cache(),
                config.registries());
    }

    static SnapshotStore store(Path scratch) {
        return SnapshotStore.open(config(scratch, false).home().resolve("snapshots"), new StoreOptions(false));
    }
}
