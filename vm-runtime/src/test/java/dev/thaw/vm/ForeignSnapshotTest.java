// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Baked;
import dev.thaw.vm.testing.QemuScript;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot belongs to the engine that froze it. */
class ForeignSnapshotTest {
    private static final String VERSION = "99.1.2";

    @TempDir
    private Path folder;

    @BeforeEach
    @AfterEach
    void forget() {
        Baked.remove("engine", VERSION);
    }

    @Test
    void one_of_another_version_of_the_engine_is_a_miss_and_stays_where_it_is() throws IOException {
        // GIVEN a snapshot
        ThawConfig before = ThawConfig.load();
        VmSpec spec = Specs.web();
        try (Thaw thaw = Thaw.open(before)) {
            thaw.bake(spec);
        }
        // WHEN the engine is updated: a script says the version, and the rest is done by the QEMU that there is
        QemuScript updated = QemuScript.in(folder, VERSION, "exec qemu-system-x86_64 \"$@\"");
        ThawConfig after = new ThawConfig(
                before.home(),
                before.engine(),
                ThawConfig.Accel.TCG,
                before.kernel(),
                Optional.of(updated.path().toString()),
                before.autoDedup(),
                before.cache(),
                before.registries());
        try (Thaw thaw = Thaw.open(after)) {
            // THEN it bakes one of its own
            then(thaw.bake(spec)).isTrue();
            then(updated.starts()).isEqualTo(1);
            then(thaw.bake(spec)).isFalse();
        }
        // AND the first is there still
        try (Thaw thaw = Thaw.open(before)) {
            then(thaw.bake(spec)).isFalse();
        }
    }
}
