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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The files of leases. Each is locked by its owner for as long as that lives, and named after it: a process must not
 * open its own leases a second time, not even through another class loader's copy of this code, or it
 * would lose their locks (see {@link FileLocks}).
 */
final class LeaseFolder {
    private static final String SUFFIX = ".lease";

    private LeaseFolder() {}

    /** In containers many processes have the same number, so it takes the time of the start, too. */
    private static String ownPrefix() {
        return ProcessMark.current() + "-";
    }

    /** A name that no lease has had. */
    static String newName() {
        return ownPrefix() + UUID.randomUUID();
    }

    /** The file of a lease when it was written for the nth time. */
    static Path file(Path folder, String name, int times) {
        return folder.resolve(name + "." + times + SUFFIX);
    }

    /** The lease that the file is, or was, of. */
    static String name(Path file) {
        return file.getFileName().toString().split("\\.", 2)[0];
    }

    /** The names of all leases, also of dead ones. */
    static Set<String> names(Path folder) throws IOException {
        return PrivateFiles.list(folder).stream()
                .filter(file -> file.toString().endsWith(SUFFIX))
                .map(LeaseFolder::name)
                .collect(Collectors.toUnmodifiableSet());
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
