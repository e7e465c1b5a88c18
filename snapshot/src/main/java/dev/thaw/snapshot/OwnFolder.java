// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.UUID;

/**
 * A folder that nobody but its owner, the user of this process, can put something into. What is in it is trusted: memory
 * images are mapped unread, and whoever owns a folder of sockets can put others in their place.
 */
final class OwnFolder {
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    /** Linux tells here who this process runs as. */
    private static final Path PROCESS =
            Path.of("/proc/" + ProcessHandle.current().pid());

    private final Path path;
    private final String what;
    private final String setting;

    private OwnFolder(Path path, String what, String setting) {
        this.path = path;
        this.what = what;
        this.setting = setting;
    }

    /**
     * Opens or creates the folder; refuses one that others could have tampered with.
     *
     * @param what messages call it
     * @param setting names another place
     * @return its real path
     */
    static Path open(Path folder, String what, String setting) throws IOException {
        PrivateFiles.createFolders(folder);
        OwnFolder opened = new OwnFolder(folder.toRealPath(), what, setting);
        opened.requireOwn();
        opened.requirePrivate();
        return opened.path;
    }

    /** Whoever owns the files that this process creates is its user: the JDK has no other portable way to ask. */
    private void requireOwn() throws IOException {
        int owner = PrivateFiles.owner(path);
        int user = user(owner);
        if (user != owner) {
            throw new SnapshotException("The " + what + " " + path + " belongs to user " + owner
                    + ", and this process runs as user " + user
                    + ". Its content is trusted, so it serves its owner alone. Choose another folder (" + setting
                    + "), or: chown -R " + user + " " + path);
        }
    }

    private int user(int owner) throws IOException {
        Path probe = path.resolve("probe-" + UUID.randomUUID());
        try {
            PrivateFiles.createFile(probe);
            return PrivateFiles.owner(probe);
        } catch (IOException e) {
            if (Failures.saysDiskFull(e) && Files.exists(PROCESS)) {
                return PrivateFiles.owner(PROCESS); // whoever wants to make room has to get in
            }
            throw new SnapshotException(
                    "Can't write to the " + what + " " + path + ", which belongs to user " + owner + ": " + e
                            + ". Choose another folder (" + setting + "), or as root: chown -R USER " + path,
                    e);
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    private void requirePrivate() throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(path);
        if (mode.stream().anyMatch(OTHERS_WRITE::contains)) {
            throw new SnapshotException("The " + what + " " + path
                    + " can be written to by other users, so what it holds can't be trusted. Empty it or make sure of its"
                    + " content, and then: chmod 700 " + path);
        }
        if (mode.size() > 3) {
            // Readable only: nothing can have been planted, but memory images are nobody else's business.
            PrivateFiles.restrictFolder(path);
        }
    }
}
