// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.VmSpec;

/**
 * Specs that no test has baked before, for tests of baking itself: with a snapshot of an earlier run they would show
 * nothing. What they leave in the store is removed on closing.
 */
public final class Baked implements AutoCloseable {
    private static final String VARIABLE = "BAKED_FOR_ONE_TEST";

    private final String value = Long.toString(System.nanoTime());

    /** The spec with a variable in its environment that makes it new. */
    public VmSpec anew(VmSpec spec) {
        return spec.env(VARIABLE, value);
    }

    /** Whoever used the specs has closed their VMs before. */
    @Override
    public void close() {
        remove("env", "\"" + VARIABLE + "\":\"" + value + "\"");
    }

    /** Removes every snapshot with that text in the named part of its key. */
    public static void remove(String part, String text) {
        try (SnapshotStore store = SnapshotStore.open(ThawConfig.load().home().resolve("snapshots"))) {
            store.list().stream()
                    .map(Snapshot::key)
                    .filter(key -> key.parts().getOrDefault(part, "").contains(text))
                    .forEach(store::remove);
        }
    }
}
