// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/** Has a store swept from time to time, by one process of those that use it. Thread-safe. */
final class DueSweep {
    private final StoreFolder store;

    DueSweep(StoreFolder store) {
        this.store = store;
    }

    /** A sweep that fails is due still. */
    Optional<SweepReport> run(Duration pause, Supplier<SweepReport> sweep) throws IOException {
        if (!isDue(pause) || !(FileLocks.attempt(store.sweepLock()) instanceof HeldLock lock)) {
            return Optional.empty();
        }
        try (lock) {
            if (!isDue(pause)) {
                return Optional.empty(); // another process has been quicker
            }
            SweepReport report = sweep.get();
            PrivateFiles.createFileIfMissing(store.swept());
            Files.setLastModifiedTime(store.swept(), FileTime.from(Instant.now()));
            return Optional.of(report);
        }
    }

    /** A time that has not come yet is one of a clock that was wrong. */
    private boolean isDue(Duration pause) throws IOException {
        try {
            Instant last = Files.getLastModifiedTime(store.swept(), LinkOption.NOFOLLOW_LINKS)
                    .toInstant();
            Instant now = Instant.now();
            return last.isAfter(now) || last.plus(pause).isBefore(now);
        } catch (NoSuchFileException e) {
            return true;
        }
    }
}
