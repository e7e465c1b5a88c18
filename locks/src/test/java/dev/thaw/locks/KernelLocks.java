// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel says about locks: lines of /proc/locks, {@code N: POSIX ADVISORY WRITE pid major:minor:inode ...}. */
final class KernelLocks {
    private KernelLocks() {}

    static long of(long pid, Path file) throws IOException {
        String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .filter(line -> line.contains(" " + pid + " ") && line.contains(inode))
                .count();
    }
}
