// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Finds out whether clones work, by making one. */
final class CloneProbe {
    private static final String PREFIX = "clone-probe-";

    /** Nobody's probe takes this long: what is older was left by a crash. */
    private static final Duration ABANDONED = Duration.ofMinutes(10);

    private static final int LENGTH = 1 << 16;

    /** File systems that may have clones, as FileStore.type() has them, with their names for people. */
    private static final Map<String, String> MAY_CLONE = Map.of(
            "xfs", "XFS", "btrfs", "Btrfs", "apfs", "APFS", "bcachefs", "bcachefs", "zfs", "ZFS", "ocfs2", "OCFS2");

    private CloneProbe() {}

    static FileBlocks probe(Path folder) throws IOException {
        String type = Files.getFileStore(folder).type().toLowerCase(Locale.ROOT);
        String name = MAY_CLONE.get(type);
        CloneSupport support = name == null ? new CloneSupport(false, type + " has no clones") : attempt(folder, name);
        return new NativeFileBlocks(support, type.equals("xfs"));
    }

    private static CloneSupport attempt(Path folder, String name) throws IOException {
        clearAbandoned(folder);
        Path original = folder.resolve(PREFIX + UUID.randomUUID());
        Path clone = folder.resolve(PREFIX + UUID.randomUUID());
        try {
            byte[] content = new byte[LENGTH];
            Arrays.fill(content, (byte) 0x5a);
            try {
                PrivateFiles.writeNew(original, content);
            } catch (IOException e) {
                // A full disk: whoever opens the store to make room has to get in.
                return new CloneSupport(false, name + " could not be asked for clones: " + e.getMessage());
            }
            return cloneAndCompare(original, clone, content, name);
        } finally {
            try {
                Files.deleteIfExists(original);
            } finally {
                Files.deleteIfExists(clone);
            }
        }
    }

    private static CloneSupport cloneAndCompare(Path original, Path clone, byte[] content, String name)
            throws IOException {
        try {
            Platform.calls().cloneFile(original, clone);
        } catch (IOException e) {
            // The reason is the description's: this is an answer, not a failure.
            return new CloneSupport(false, name + " has no clones here: " + reason(e));
        }
        if (!Arrays.equals(Files.readAllBytes(clone), content)) {
            return new CloneSupport(false, name + " makes clones that are not like their original");
        }
        return new CloneSupport(true, name + ", shares blocks");
    }

    private static String reason(IOException e) {
        return e instanceof ErrnoException errno ? errno.getReason() : e.getMessage();
    }

    private static void clearAbandoned(Path folder) throws IOException {
        Instant old = Instant.now().minus(ABANDONED);
        for (Path entry : PrivateFiles.list(folder)) {
            if (entry.getFileName().toString().startsWith(PREFIX) && isOlder(entry, old)) {
                Files.deleteIfExists(entry);
            }
        }
    }

    private static boolean isOlder(Path entry, Instant time) throws IOException {
        try {
            return Files.getLastModifiedTime(entry, LinkOption.NOFOLLOW_LINKS)
                    .toInstant()
                    .isBefore(time);
        } catch (NoSuchFileException e) {
            return false; // another process has finished its probe
        }
    }
}
