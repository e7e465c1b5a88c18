// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotFile;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.testing.Baked;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** On the file system that the tests' home is on, which as a rule has no clones. */
class ScratchDiskTest {
    private static String run(Vm vm, String script) {
        ExecResult result = vm.exec("sh", "-c", script);
        then(result.exitCode()).as("%s", result).isZero();
        return result.stdout().strip();
    }

    private static Path store() {
        return ThawConfig.load().home().resolve("snapshots");
    }

    private static List<Path> instances() throws IOException {
        try (Stream<Path> files = Files.list(store().resolve("instances"))) {
            return files.toList();
        }
    }

    @Test
    void what_was_written_before_the_freeze_is_there_after_it_and_copies_are_private() throws IOException {
        // GIVEN two copies of a service that has written something before it was ready
        try (Thaw thaw = Thaw.open();
                Vm one = thaw.start(Specs.onDisk());
                Vm two = thaw.start(Specs.onDisk())) {
            then(run(one, "cat /data/early")).isEqualTo("early");
            // WHEN
            run(one, "echo one > /data/early; rm /bin/vi; echo more > /data/more; sync");
            // THEN
            then(run(one, "cat /data/early")).isEqualTo("one");
            then(run(two, "cat /data/early; ls /data /bin/vi")).isEqualTo("early\n/bin/vi\n\n/data:\nearly");
            then(instances()).hasSize(2);
        }
        // AND THEN nothing of them is left, and the snapshot is what it was
        then(instances()).isEmpty();
        try (SnapshotStore store = SnapshotStore.open(store())) {
            Snapshot snapshot = store.list().stream()
                    .filter(each -> each.path(SnapshotFile.SCRATCH).isPresent()
                            && each.manifest().parent().isEmpty())
                    .findFirst()
                    .orElseThrow();
            then(store.verify(snapshot).problems()).isEmpty();
        }
    }

    @Test
    void there_is_room_for_more_than_the_memory_and_what_was_written_can_be_read() {
        try (Thaw thaw = Thaw.open();
                Vm vm = thaw.start(Specs.onDisk())) {
            run(vm, "dd if=/dev/urandom of=/data/piece bs=1M count=1 2>/dev/null");
            run(vm, "for i in $(seq 110); do cat /data/piece; done > /data/large");
            run(vm, "echo 3 > /proc/sys/vm/drop_caches");
            then(run(vm, "stat -c %s /data/large")).isEqualTo(Integer.toString(110 << 20));
            then(run(vm, "dd if=/data/large bs=1M skip=109 2>/dev/null | cmp - /data/piece"))
                    .isEmpty();
        }
    }

    @Test
    void a_checkpoint_has_the_disk_as_it_was_at_that_moment_and_both_go_on() {
        try (Thaw thaw = Thaw.open();
                Vm source = thaw.start(Specs.onDisk())) {
            run(
                    source,
                    "dd if=/dev/urandom of=/data/large bs=1M count=20 2>/dev/null; md5sum < /data/large > /data/sum");
            run(source, "rm /data/early; echo first > /data/first");
            try (Checkpoint checkpoint = source.checkpoint()) {
                run(source, "echo second > /data/first; echo x >> /data/large");
                try (Vm copy = thaw.start(checkpoint)) {
                    run(copy, "echo 3 > /proc/sys/vm/drop_caches");
                    then(run(copy, "cat /data/first; ls /data")).isEqualTo("first\nfirst\nlarge\nsum");
                    then(run(copy, "md5sum < /data/large")).isEqualTo(run(copy, "cat /data/sum"));
                    run(copy, "echo copy > /data/first; rm /data/large");
                    try (Checkpoint later = copy.checkpoint();
                            Vm third = thaw.start(later)) {
                        run(third, "echo 3 > /proc/sys/vm/drop_caches");
                        then(run(third, "cat /data/first; ls /data")).isEqualTo("copy\nfirst\nsum");
                    }
                }
                then(run(source, "cat /data/first")).isEqualTo("second");
            }
        }
    }

    @Test
    void a_large_disk_takes_no_more_on_the_host_than_what_is_on_it() throws IOException {
        try (Baked baked = new Baked();
                Thaw thaw = Thaw.open()) {
            VmSpec spec = baked.anew(Specs.onDisk().disk("64g"));
            try (Vm vm = thaw.start(spec)) {
                then(run(vm, "df -m / | awk 'END { print ($2 > 64000) }'")).isEqualTo("1");
                run(vm, "echo more > /data/more; sync");
                try (Checkpoint checkpoint = vm.checkpoint();
                        Vm copy = thaw.start(checkpoint)) {
                    then(run(copy, "cat /data/early /data/more")).isEqualTo("early\nmore");
                }
            }
        }
    }
}
