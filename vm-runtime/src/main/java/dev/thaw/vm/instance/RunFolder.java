// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.instance;

import dev.thaw.snapshot.Lease;
import dev.thaw.snapshot.LeaseInfo;
import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.ScratchInstance;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of one VM for its sockets and logs, for its owner alone, and the lease that lets another JVM clean up if
 * this one is killed.
 */
public final class RunFolder implements AutoCloseable {
    private final Path path;
    private final Lease lease;

    private RunFolder(Path path, Lease lease) {
        this.path = path;
        this.lease = lease;
    }

    /**
     * Where run folders are: in the system's temporary folder, because the path of a unix socket has at most some
     * hundred bytes, and below a folder of the user's own.
     */
    public static Path root() {
        return Path.of(System.getProperty("java.io.tmpdir"), "thaw-" + System.getProperty("user.name"));
    }

    /**
     * Makes a folder for one VM.
     *
     * @param snapshot the snapshot that the VM is thawed from, so that nobody removes it meanwhile
     */
    public static RunFolder create(Leases leases, String id, Optional<SnapshotId> snapshot) throws IOException {
        Path path = leases.runRoot().resolve(id);
        Lease lease = leases.acquire(new LeaseInfo(id, path, snapshot));
        try {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return new RunFolder(path, lease);
        } catch (IOException | RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    public Path path() {
        return path;
    }

    /**
     * A private copy of the snapshot's scratch disk, which goes with the folder. At most once a folder.
     *
     * @return empty if the snapshot has none
     */
    public Optional<ScratchInstance> scratch(Snapshot snapshot) {
        return lease.scratch(snapshot);
    }

    Lease lease() {
        return lease;
    }

    @Override
    public void close() throws IOException {
        try {
            List<Path> content;
            try (Stream<Path> walk = Files.walk(path)) {
                content = walk.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path file : content) {
                Files.delete(file);
            }
        } finally {
            lease.close();
        }
    }
}
