// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.testing;

import dev.thaw.devices.folder.FileLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The locks of one file of {@link MemoryTree}, which guards them. */
final class MemoryLocks {
    private final List<FileLock> held = new ArrayList<>();

    Optional<FileLock> conflicting(FileLock lock) {
        return held.stream()
                .filter(other -> other.kind() == lock.kind() && other.owner() != lock.owner())
                .filter(other -> other.start() <= lock.end() && lock.start() <= other.end())
                .filter(other -> other.type() == FileLock.Type.WRITE || lock.type() == FileLock.Type.WRITE)
                .findFirst();
    }

    boolean tryLock(FileLock lock) {
        if (lock.type() != FileLock.Type.UNLOCK && conflicting(lock).isPresent()) {
            return false;
        }
        cut(lock);
        if (lock.type() != FileLock.Type.UNLOCK) {
            held.add(lock);
        }
        return true;
    }

    /** Takes a range from what its owner has. */
    private void cut(FileLock lock) {
        List<FileLock> left = new ArrayList<>();
        for (FileLock old : held) {
            boolean touched = old.kind() == lock.kind()
                    && old.owner() == lock.owner()
                    && old.start() <= lock.end()
                    && lock.start() <= old.end();
            if (!touched) {
                left.add(old);
                continue;
            }
            if (old.start() < lock.start()) {
                left.add(between(old, old.start(), lock.start() - 1));
            }
            if (old.end() > lock.end()) {
                left.add(between(old, lock.end() + 1, old.end()));
            }
        }
        held.clear();
        held.addAll(left);
    }

    private static FileLock between(FileLock lock, long start, long end) {
        return new FileLock(lock.kind(), lock.type(), lock.owner(), start, end, lock.pid());
    }

    void giveUp(FileLock.Kind kind, long owner) {
        held.removeIf(lock -> lock.kind() == kind && lock.owner() == owner);
    }
}
