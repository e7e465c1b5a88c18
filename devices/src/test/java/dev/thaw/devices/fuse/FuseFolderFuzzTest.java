// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.devices.folder.FolderOptions;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.ReadAheadBudget;
import dev.thaw.devices.folder.Watcher;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The whole server over a real folder: whatever a guest sends, nothing beside the folder is seen or touched. */
class FuseFolderFuzzTest {
    private static final String SEED = "thaw.fuse.seed";
    private static final String SECRET = "nothing for guests";
    private static final String[] RARE_NAMES = {
        "..",
        ".",
        "",
        "a/b",
        "../outside/file",
        "b/../../outside",
        "c/file",
        "/",
        "x".repeat(255),
        "x".repeat(256),
        "\u00e4"
    };
    private static final int READ_ONLY = 1;
    private static final int SET_UID = 04000;
    private static final int SET_GID = 02000;
    private static final int KIND = 0170000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int BLOCK_DEVICE = 0060000;

    /** The first byte says whether the share is read-only, the rest is sent. */
    @FuzzTest
    void any_bytes_stay_in_the_folder(byte[] data) throws IOException {
        if (data.length == 0) {
            return;
        }
        Path temp = Files.createTempDirectory("thaw-fuzz");
        try {
            Path shared = makeFolders(temp);
            Map<String, String> inside = state(shared);
            Map<String, String> outside = state(temp.resolve("outside"));
            boolean readOnly = data[0] == READ_ONLY;
            feed(shared, readOnly, data);
            then(state(temp.resolve("outside"))).isEqualTo(outside);
            then(temp.toFile().list()).containsExactlyInAnyOrder("shared", "outside");
            if (readOnly) {
                then(state(shared)).isEqualTo(inside);
            }
        } finally {
            delete(temp);
        }
    }

    private static Path makeFolders(Path temp) throws IOException {
        Path shared = Files.createDirectory(temp.resolve("shared"));
        Path outside = Files.createDirectory(temp.resolve("outside"));
        Files.writeString(outside.resolve("file"), SECRET);
        Files.writeString(shared.resolve("a"), "a file of the guest's");
        Files.writeString(Files.createDirectory(shared.resolve("b")).resolve("a"), "one more");
        Files.createSymbolicLink(shared.resolve("c"), outside);
        Files.createSymbolicLink(shared.resolve("d"), outside.resolve("file"));
        return shared;
    }

    private static void feed(Path shared, boolean readOnly, byte... data) throws IOException {
        FolderOptions options = new FolderOptions(readOnly, 1, 1, 40, 2, 1 << 20, 10);
        FuseOptions few = FuseOptions.defaults().withLimits(8, 4).withMaxIoBytes(1 << 16);
        try (FolderTree tree = FolderTree.open(shared, options, new ReadAheadBudget(1 << 20, 1 << 18), Watcher.NONE)) {
            FuseServer server = new FuseServer(tree, few, Runnable::run, n -> true, Notifier.NONE);
            FuzzedGuest guest = new FuzzedGuest(server);
            guest.feed(Arrays.copyOfRange(data, 1, data.length));
            guest.thenServerServes();
            guest.close();
            guest.thenNobodyTold(SECRET);
        }
    }

    /** Every file with all that can be told of it but the time of its last read. */
    private static Map<String, String> state(Path folder) throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Map<String, Object> attributes = new TreeMap<>(Files.readAttributes(
                        path, "unix:mode,ino,nlink,uid,gid,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS));
                all.put(folder.relativize(path).toString(), attributes.toString());
            }
        }
        return all;
    }

    /** Neither a device nor a program that makes one somebody else. */
    private static void thenHarmless(Path file) throws IOException {
        int mode = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        then(mode & (SET_UID | SET_GID)).as("special bits of %s", file).isZero();
        then(mode & KIND).isNotIn(CHARACTER_DEVICE, BLOCK_DEVICE);
    }

    /** Also what the guest has taken its owner's permissions from. Looks at each of them once more. */
    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) throws IOException {
                thenHarmless(path);
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
                thenHarmless(path);
                Files.delete(path);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path path, IOException failure) throws IOException {
                Files.delete(path);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Test
    void thirty_thousand_likely_requests_stay_in_the_folder() throws IOException {
        long seed = Long.getLong(SEED, System.nanoTime());
        System.out.println("-D" + SEED + "=" + seed);
        for (int run = 0; run < 100; run++) {
            Random random = new Random(seed + run);
            byte[] frames = LikelyRequests.of(random, 300, RARE_NAMES);
            byte[] data = new byte[frames.length + 1];
            data[0] = (byte) random.nextInt(3);
            System.arraycopy(frames, 0, data, 1, frames.length);
            any_bytes_stay_in_the_folder(data);
        }
    }
}
