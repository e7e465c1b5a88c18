// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.bake;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DueSweepTest {
    private static final SweepLimits ALL = new SweepLimits(0, Duration.ofDays(365));
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    Path temporary;

    private SnapshotStore store;
    private StoreFolder folder;

    @BeforeEach
    void open() throws IOException {
        store = SnapshotStore.open(temporary.resolve("store"));
        folder = new StoreFolder(store.folder());
        bake(store, key("redis"));
    }

    private void sweptAgo(Duration time) throws IOException {
        Files.writeString(folder.swept(), "");
        Files.setLastModifiedTime(folder.swept(), FileTime.from(Instant.now().minus(time)));
    }

    @Test
    void a_store_is_swept_once_a_day() throws IOException {
        then(store.sweepIfDue(ALL, DAY).orElseThrow().removed()).hasSize(1);
        bake(store, key("postgres"));
        then(store.sweepIfDue(ALL, DAY)).isEmpty();

        sweptAgo(Duration.ofHours(23));
        then(store.sweepIfDue(ALL, DAY)).isEmpty();
        sweptAgo(Duration.ofHours(25));
        then(store.sweepIfDue(ALL, DAY).orElseThrow().removed()).hasSize(1);
        then(store.list()).isEmpty();
    }

    @Test
    void a_time_that_has_not_come_yet_does_not_count() throws IOException {
        sweptAgo(Duration.ofDays(-10));

        then(store.sweepIfDue(ALL, DAY)).isPresent();
        then(store.sweepIfDue(ALL, DAY)).isEmpty();
    }

    @Test
    void whoever_finds_another_one_sweeping_goes_on_without() throws IOException {
        try (HeldLock lock = (HeldLock) FileLocks.attempt(folder.sweepLock())) {
            then(store.sweepIfDue(ALL, DAY)).isEmpty();
            lock.replace("");
        }
        then(store.sweepIfDue(ALL, DAY)).isPresent();
    }

    @Test
    void a_sweep_that_fails_is_due_still() {
        SnapshotException failure = new SnapshotException("the disk is gone", null);

        thenThrownBy(() -> new DueSweep(folder).run(DAY, () -> {
                    throw failure;
                }))
                .isSameAs(failure);

        then(folder.swept()).doesNotExist();
        then(store.sweepIfDue(ALL, DAY)).isPresent();
    }
}
