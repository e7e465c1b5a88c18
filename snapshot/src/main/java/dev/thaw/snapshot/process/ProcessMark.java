// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.process;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A process: its number alone says little, as numbers are used again, and in containers many processes have the same.
 *
 * @param pid its number
 * @param startMillis when it started, milliseconds of Unix time; 0 if the system does not tell
 */
public record ProcessMark(long pid, long startMillis) {
    /** A start is told in ticks since boot, and the time of boot in whole seconds, rounded anew each time. */
    private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

    /** This process. */
    public static ProcessMark current() {
        return of(ProcessHandle.current());
    }

    public static ProcessMark of(ProcessHandle process) {
        return new ProcessMark(
                process.pid(),
                process.info().startInstant().map(Instant::toEpochMilli).orElse(0L));
    }

    /** The process, if it runs and is surely this one. */
    public Optional<ProcessHandle> find() {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(found -> isSame(found, false));
    }

    /** Whether it may be running: also if it can't be told from another that has its number now. */
    public boolean mayLive() {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(found -> isSame(found, true))
                .isPresent();
    }

    private boolean isSame(ProcessHandle found, boolean inDoubt) {
        Optional<Instant> start = found.info().startInstant();
        if (start.isEmpty() || startMillis == 0) {
            return inDoubt;
        }
        Duration apart =
                Duration.between(Instant.ofEpochMilli(startMillis), start.get()).abs();
        return apart.compareTo(START_TOLERANCE) <= 0;
    }

    /** As it is written into names of files. */
    @Override
    public String toString() {
        return pid + "-" + startMillis;
    }
}
