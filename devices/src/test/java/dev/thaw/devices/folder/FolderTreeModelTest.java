// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.FileTree.ROOT;
import static dev.thaw.devices.folder.Trees.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations of a guest, and of the host behind its back, on a share and, through java.nio, on a plain folder beside it: both
 * end alike, and what failed here failed there.
 */
class FolderTreeModelTest {
    private static final int OPERATIONS = 400;
    private static final String[] NAMES = {"a", "b", "c", "d"};

    @TempDir
    Path temp;

    private Path shared;
    private Path model;
    private FolderTree tree;
    private Random random;

    @RepeatedTest(20)
    void a_share_does_what_a_plain_folder_does() throws IOException {
        // GIVEN
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        random = new Random(seed);
        shared = Files.createDirectory(temp.resolve("shared"));
        model = Files.createDirectory(temp.resolve("model"));
        FolderOptions few = new FolderOptions(false, 70, 71, 10, 3, 1 << 20, 0);
        tree = FolderTree.open(shared, few, new ReadAheadBudget(0, 0), Watcher.NONE);
        try {
            List<String> done = new ArrayList<>();
            for (int i = 0; i < OPERATIONS; i++) {
                // WHEN
                String what = step();
                done.add(what);
                // THEN
                assertThat(snapshot(shared))
                        .as("-Dthaw.test.seed=" + seed + " after " + done.subList(Math.max(0, i - 5), i + 1))
                        .isEqualTo(snapshot(model));
            }
        } finally {
            tree.close();
        }
        assertThat(descriptorsBelow(temp)).isZero();
    }

    /** One operation on the share and on the model. */
    private interface Operation {
        void run() throws IOException;
    }

    private String step() throws IOException {
        String path = path();
        String other = path();
        int size = random.nextInt(3000);
        byte[] data = new byte[random.nextInt(2000)];
        random.nextBytes(data);
        return switch (random.nextInt(9)) {
            case 0 ->
                both(
                        "mkdir " + path,
                        () -> tree.makeFolder(parent(path), last(path), 0755, SERVICE),
                        () -> Files.createDirectory(model.resolve(path)));
            case 1 ->
                both(
                        "create " + path,
                        () -> tree.release(tree.create(parent(path), last(path), 0644, true, WRITE, SERVICE)
                                .opened()
                                .handle()),
                        () -> Files.createFile(model.resolve(path)));
            case 2 -> both("write " + path, () -> write(path, size, data), () -> writePlain(path, size, data));
            case 3 ->
                both("truncate " + path, () -> tree.change(node(tree, path), 0, size(size)), () -> {
                    try (FileChannel file = plain(path)) {
                        if (file.size() > size) {
                            file.truncate(size);
                        } else if (file.size() < size) {
                            file.write(ByteBuffer.allocate(1), size - 1);
                        }
                    }
                });
            case 4 ->
                both(
                        "rename " + path + " " + other,
                        () -> tree.rename(
                                parent(path), last(path), parent(other), last(other), FileTree.RenameMode.REPLACE),
                        () -> renamePlain(path, other));
            case 5 ->
                both("unlink " + path, () -> tree.unlink(parent(path), last(path)), () -> {
                    requirePlain(!Files.isDirectory(model.resolve(path), LinkOption.NOFOLLOW_LINKS));
                    Files.delete(model.resolve(path));
                });
            case 6 ->
                both("rmdir " + path, () -> tree.removeFolder(parent(path), last(path)), () -> {
                    requirePlain(Files.isDirectory(model.resolve(path), LinkOption.NOFOLLOW_LINKS));
                    Files.delete(model.resolve(path));
                });
            case 7 ->
                both(
                        "link " + path + " " + other,
                        () -> tree.link(node(tree, path), parent(other), last(other)),
                        () -> Files.createLink(model.resolve(other), model.resolve(path)));
            default ->
                both(
                        "the host renames " + path + " " + other,
                        () -> renameHost(shared, path, other),
                        () -> renameHost(model, path, other));
        };
    }

    private static void requirePlain(boolean condition) throws IOException {
        if (!condition) {
            throw new IOException("not of that kind");
        }
    }

    /** The JDK's move would remove an empty folder in the place of a file; the system call doesn't. */
    private void renamePlain(String path, String other) throws IOException {
        renameHost(model, path, other);
    }

    private static void renameHost(Path folder, String path, String other) throws IOException {
        Path from = folder.resolve(path);
        Path to = folder.resolve(other);
        requirePlain(Files.exists(from, LinkOption.NOFOLLOW_LINKS));
        Files.move(from, to, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    private String both(String what, Operation here, Operation there) throws IOException {
        boolean done = attempt(here);
        assertThat(done).as(what).isEqualTo(attempt(there));
        return what + (done ? "" : " failed");
    }

    private static boolean attempt(Operation operation) {
        try {
            operation.run();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private String path() {
        StringBuilder path = new StringBuilder(NAMES[random.nextInt(NAMES.length)]);
        while (random.nextBoolean()) {
            path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
        }
        return path.toString();
    }

    private long parent(String path) throws IOException {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? ROOT : node(tree, path.substring(0, slash));
    }

    private static Name last(String path) throws ErrnoException {
        return name(path.substring(path.lastIndexOf('/') + 1));
    }

    private void write(String path, int offset, byte[] data) throws IOException {
        long handle = tree.open(node(tree, path), WRITE).handle();
        try {
            assertThat(tree.write(handle, offset, ByteBuffer.wrap(data))).isEqualTo(data.length);
            ByteBuffer back = ByteBuffer.allocate(data.length);
            assertThat(tree.read(handle, offset, back)).isEqualTo(data.length);
            assertThat(back.array()).isEqualTo(data);
        } finally {
            tree.release(handle);
        }
    }

    private FileChannel plain(String path) throws IOException {
        return FileChannel.open(model.resolve(path), StandardOpenOption.WRITE);
    }

    private void writePlain(String path, int offset, byte[] data) throws IOException {
        try (FileChannel file = plain(path)) {
            assertThat(file.write(ByteBuffer.wrap(data), offset)).isEqualTo(data.length);
        }
    }

    private static Map<String, String> snapshot(Path folder) throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                boolean isFolder = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
                all.put(
                        folder.relativize(path).toString(),
                        isFolder
                                ? "folder"
                                : Files.size(path) + " " + java.util.Arrays.hashCode(Files.readAllBytes(path)));
            }
        }
        return all;
    }
}
