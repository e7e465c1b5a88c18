// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.lock.FileLocks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The main class of a JVM that takes a lock: {@code FILE share|lock|often}. Says "held" and keeps it until a line comes;
 * "often" shares it with two threads that come and go, so that there is always one that has it.
 */
final class LockingProcess {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private LockingProcess() {}

    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        switch (arguments[1]) {
            case "share" -> keep(FileLocks.share(file, TIMEOUT));
            case "lock" -> {
                BakingProcess.say("waiting");
                keep(FileLocks.lock(file, TIMEOUT));
            }
            default -> {
                new Thread(() -> often(file)).start();
                new Thread(() -> often(file)).start();
                BakingProcess.say("held");
                BakingProcess.await();
                Runtime.getRuntime().halt(0);
            }
        }
    }

    private static void keep(AutoCloseable lock) throws Exception {
        try (lock) {
            BakingProcess.say("held");
            BakingProcess.await();
        }
    }

    private static void often(Path file) {
        try {
            while (true) {
                try (AutoCloseable lock = FileLocks.share(file, TIMEOUT)) {
                    LockSupport.parkNanos(lock, TimeUnit.MILLISECONDS.toNanos(20));
                }
            }
        } catch (Exception e) {
            BakingProcess.say("failed: " + e);
        }
    }
}
