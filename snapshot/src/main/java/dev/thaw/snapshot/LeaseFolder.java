// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.locks.FileLocks;
import dev.thaw.locks.HeldLock;
import dev.thaw.locks.LockAttempt;
import dev.thaw.snapshot.disk.PrivateFiles;
import dev.thaw.snapshot.process.ProcessMark;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The files of leases. Each is locked by its owner for as long as that lives, and named after it: a process must not
 * open its own leases a second time, not even through another class loader's copy of this code, or it
 * would lose their locks (see {@link FileLocks}).
 */
final class LeaseFolder {
    private static final String SUFFIX = ".lease";
    private static final Duration GLANCE_TIMEOUT = Duration.ofSeconds(5);

    private LeaseFolder() {}

    /**
     * Takes a new lease. The caller shares the store's lock.
     *
     * @param noted what is known already of children and further snapshots, in lines
     */
    static HeldLock create(Path folder, LeaseInfo info, String noted) throws IOException {
        HeldLock lock = create(folder);
        boolean written = false;
        try {
            lock.replace(LeaseRecord.header(ProcessHandle.current().pid(), info) + noted);
            written = true;
            return lock;
        } finally {
            if (!written) {
                lock.delete();
            }
        }
    }

    /** Others have its lock for a moment only, to see whether it is a dead one's. */
    private static HeldLock create(Path folder) throws IOException {
        Path file = folder.resolve(ownPrefix() + UUID.randomUUID() + SUFFIX);
        try {
            return FileLocks.lock(file, GLANCE_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the lock of the new file " + file, e);
        }
    }

    private static String ownPrefix() {
        return ProcessMark.current() + "-";
    }

    /**
     * Leases whose owners are alive, this process included.
     *
     * @param leases those that can be read
     * @param unreadable files of those that can't: another version of Thaw has written them
     */
    record Live(List<LeaseRecord> leases, List<Path> unreadable) {}

    static Live live(Path folder) throws IOException {
        Live live = new Live(new ArrayList<>(), new ArrayList<>());
        for (Path file : PrivateFiles.list(folder)) {
            if (file.toString().endsWith(SUFFIX)) {
                String content = liveContent(file);
                Optional<LeaseRecord> lease = LeaseRecord.decode(content);
                lease.ifPresent(live.leases::add);
                if (lease.isEmpty() && !content.isEmpty()) {
                    live.unreadable.add(file);
                }
            }
        }
        return live;
    }

    /** What a live owner wrote; nothing if it is dead. */
    private static String liveContent(Path file) throws IOException {
        try {
            LockAttempt attempt = FileLocks.attemptExisting(file);
            if (attempt instanceof HeldLock dead) {
                dead.close();
                return "";
            }
            return attempt.content();
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    /** Files of leases that other processes have taken, dead or alive. */
    static List<Path> others(Path folder) throws IOException {
        String own = ownPrefix();
        return PrivateFiles.list(folder).stream()
                .filter(file -> file.toString().endsWith(SUFFIX))
                .filter(file -> !file.getFileName().toString().startsWith(own))
                .toList();
    }

    /** The lock of a dead owner's lease; empty if the owner is alive, or the lease has gone. */
    static Optional<HeldLock> ofDead(Path file) throws IOException {
        try {
            return FileLocks.attemptExisting(file) instanceof HeldLock lock ? Optional.of(lock) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
