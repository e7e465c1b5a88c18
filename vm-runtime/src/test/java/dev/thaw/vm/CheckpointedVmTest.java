// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.testing.Specs;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckpointedVmTest {
    private static final String FILE = "/tmp/file";

    private static void write(Vm vm, String text) {
        then(vm.exec("sh", "-c", "echo " + text + " > " + FILE).exitCode()).isZero();
    }

    private static String read(Vm vm) {
        return vm.exec("cat", FILE).stdout().strip();
    }

    @Test
    void vms_start_from_a_checkpoint_as_often_as_one_likes_and_the_source_runs_on() {
        try (Thaw thaw = Thaw.open();
                Vm source = thaw.start(Specs.web())) {
            // GIVEN
            write(source, "first");
            try (Checkpoint checkpoint = source.checkpoint()) {
                write(source, "second");
                // WHEN
                try (Vm one = thaw.start(checkpoint);
                        Vm two = thaw.start(checkpoint)) {
                    // THEN
                    then(read(one)).isEqualTo("first");
                    write(one, "changed");
                    then(read(two)).isEqualTo("first");
                    then(List.of(source.id(), one.id(), two.id())).doesNotHaveDuplicates();
                    then(source.ports().values())
                            .doesNotContainAnyElementsOf(one.ports().values());
                }
                then(read(source)).isEqualTo("second");
                then(checkpoint.spec()).isEqualTo(source.spec());
                then(checkpoint.duration()).isPositive();
            }
        }
    }

    @Test
    void a_checkpoint_outlives_its_vm_and_a_vm_that_was_started_from_it_can_be_checkpointed() {
        try (Thaw thaw = Thaw.open()) {
            Checkpoint first;
            try (Vm source = thaw.start(Specs.web())) {
                write(source, "first");
                first = source.checkpoint();
            }
            try (first;
                    Vm second = thaw.start(first)) {
                write(second, "second");
                try (Checkpoint later = second.checkpoint();
                        Vm third = thaw.start(later)) {
                    then(read(third)).isEqualTo("second");
                }
            }
        }
    }

    @Test
    void a_closed_checkpoint_is_gone_from_the_store_once_no_vm_uses_it() {
        ThawConfig config = ThawConfig.load();
        try (Thaw thaw = Thaw.open(config);
                Vm source = thaw.start(Specs.web());
                SnapshotStore store = SnapshotStore.open(config.home().resolve("snapshots"))) {
            Checkpoint checkpoint = source.checkpoint();
            then(store.list()).anyMatch(snapshot -> snapshot.id().sha256().equals(checkpoint.id()));

            checkpoint.close();
            checkpoint.close();

            then(store.list()).noneMatch(snapshot -> snapshot.id().sha256().equals(checkpoint.id()));
            thenThrownBy(() -> thaw.start(checkpoint))
                    .isInstanceOf(RestoreException.class)
                    .hasMessageContaining("is not in the store any more: it has been closed, or was damaged");
            then(source.exec("true").exitCode()).isZero();
        }
    }
}
