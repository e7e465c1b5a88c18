// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;
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
                System.out.println("waiting");
                keep(FileLocks.lock(file, TIMEOUT));
            }
            default -> {
                new Thread(() -> often(file)).start();
                new Thread(() -> often(file)).start();
                System.out.println("held");
                await();
                Runtime.getRuntime().halt(0);
            }
        }
    }

    private static void await() throws IOException {
        if (System.in.read() < 0) {
            Runtime.getRuntime().halt(1); // the test has gone
        }
    }

    private static void keep(AutoCloseable lock) throws Exception {
        try (lock) {
            System.out.println("held");
            await();
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
            System.out.println("failed: " + e);
        }
    }
}
