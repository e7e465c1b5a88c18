// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotFile;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A snapshot that is not as it was written is never used: it is baked again. */
class DamagedSnapshotTest {
    /** Does something to a file. */
    private interface Damage {
        void to(Path file) throws IOException;
    }

    private static Arguments damage(SnapshotFile part, String name, Damage damage) {
        Consumer<Path> unchecked = path -> {
            try {
                damage.to(path);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        return Arguments.of(part, name, unchecked);
    }

    static Stream<Arguments> damages() {
        return Stream.of(
                damage(SnapshotFile.DEVICE_STATE, "removed", Files::delete),
                damage(SnapshotFile.MEMORY, "cut short", file -> {
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.truncate(channel.size() / 2);
                    }
                }),
                damage(SnapshotFile.MEMORY, "flipped in one byte", file -> {
                    try (FileChannel channel =
                            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                        ByteBuffer one = ByteBuffer.allocate(1);
                        long at = channel.size() / 3;
                        channel.read(one, at);
                        channel.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 1)}), at);
                    }
                }));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("damages")
    void a_file_that_was_damaged_is_noticed_and_baked_again(SnapshotFile part, String name, Consumer<Path> damage)
            throws IOException {
        VmSpec spec = Specs.web().env("DAMAGED", name);
        try (Thaw thaw = Thaw.open()) {
            // GIVEN
            thaw.bake(spec);
            // WHEN
            damage.accept(snapshotOf(name).path(part).orElseThrow());
            // THEN
            then(thaw.bake(spec)).isTrue();
            try (Vm vm = thaw.start(spec)) {
                then(vm.exec("true").exitCode()).isZero();
            }
        }
    }

    /** A snapshot of an earlier run will do as well, so the one that was made last need not be it. */
    private static Snapshot snapshotOf(String name) {
        try (SnapshotStore store = SnapshotStore.open(ThawConfig.load().home().resolve("snapshots"))) {
            return store.list().stream()
                    .filter(snapshot ->
                            snapshot.key().parts().getOrDefault("env", "").contains("\"DAMAGED\":\"" + name + "\""))
                    .max(Comparator.comparing(snapshot -> snapshot.manifest().created()))
                    .orElseThrow();
        }
    }
}
