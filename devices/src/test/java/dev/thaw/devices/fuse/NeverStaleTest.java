// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.Caller;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.FileTree.RenameMode;
import dev.thaw.devices.folder.FolderOptions;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.OpenMode;
import dev.thaw.devices.folder.ReadAheadBudget;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.watch.TreeWatcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A guest that caches for as long as it may, while the host changes what it caches. */
@EnabledOnOs(OS.LINUX)
class NeverStaleTest {
    private static final List<String> NAMES = List.of("a", "b", "c", "d");
    private static final Caller GUEST = new Caller(0, 0, 1);
    private static final OpenMode WRITE = new OpenMode(true, true, false, false, false, false);

    @TempDir
    Path folder;

    private final long seed = Long.getLong("thaw.test.seed", System.nanoTime());
    private final CachingKernel kernel = new CachingKernel();
    private TreeWatcher watcher;
    private FolderTree tree;

    @BeforeEach
    void open() throws IOException {
        FuseNotifications notifications = new FuseNotifications(kernel::tell);
        watcher = TreeWatcher.start("test", new NotifiedChanges(notifications));
        tree = FolderTree.open(folder, FolderOptions.of(false, 0, 0), new ReadAheadBudget(0, 0), watcher);
        watcher.watchFor(tree.known());
        kernel.serve(tree);
    }

    @AfterEach
    void close() {
        tree.close();
        kernel.close();
    }

    @RepeatedTest(5)
    void what_a_guest_has_cached_is_true_once_it_has_been_told(RepetitionInfo round) throws Exception {
        // GIVEN a host that changes things all the time
        long own = seed + round.getCurrentRepetition();
        for (int pass = 0; pass < 20; pass++) {
            AtomicBoolean ended = new AtomicBoolean();
            Random host = new Random(own * 1000 + pass);
            CompletableFuture<Void> changing = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 100; i++) {
                    changeOnHost(host);
                }
                ended.set(true);
            });
            // WHEN a guest looks and changes things, too
            Random guest = new Random(own * 1000 + pass + 500);
            while (!ended.get()) {
                changeInGuest(guest);
            }
            changing.get(60, TimeUnit.SECONDS);
            // THEN
            watcher.drain();
            kernel.settle();
            String when = "-Dthaw.test.seed=" + seed + ", pass " + pass;
            kernel.cached().forEach((node, cached) -> thenTrue(node, cached, when));
            for (String name : NAMES) {
                thenTrue(name, when);
            }
        }
    }

    /** Also of what has lost the name that the guest knew it by. */
    private void thenTrue(long node, Attributes cached, String when) {
        try {
            Attributes real = tree.attributes(node, 0);
            then(cached.size()).as("size of node %s; %s", node, when).isEqualTo(real.size());
            then(cached.permissions()).as("mode of node %s; %s", node, when).isEqualTo(real.permissions());
            then(cached.links()).as("links of node %s; %s", node, when).isEqualTo(real.links());
            then(cached.modified()).as("mtime of node %s; %s", node, when).isEqualTo(real.modified());
        } catch (ErrnoException e) {
            then(e.errno().name()).as("what is gone; %s", when).isEqualTo("ESTALE");
        }
    }

    private void thenTrue(String name, String when) throws IOException {
        Attributes seen = kernel.look(FileTree.ROOT, name(name));
        Path file = folder.resolve(name);
        then(seen != null).as("%s is there; %s", name, when).isEqualTo(Files.exists(file, LinkOption.NOFOLLOW_LINKS));
        if (seen == null) {
            return;
        }
        var real = Files.readAttributes(file, "unix:ino,size,mode,nlink,ctime", LinkOption.NOFOLLOW_LINKS);
        then(seen.inode()).as("inode of %s; %s", name, when).isEqualTo(real.get("ino"));
        then(seen.size()).as("size of %s; %s", name, when).isEqualTo(real.get("size"));
        then(seen.permissions()).as("mode of %s; %s", name, when).isEqualTo((int) real.get("mode") & 0777);
        then(seen.links()).as("links of %s; %s", name, when).isEqualTo(((Integer) real.get("nlink")).longValue());
    }

    private static Name name(String name) throws ErrnoException {
        return Name.of(name.getBytes(UTF_8));
    }

    private static String any(Random random) {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    private void changeOnHost(Random random) {
        Path file = folder.resolve(any(random));
        Path other = folder.resolve(any(random));
        try {
            switch (random.nextInt(8)) {
                case 0, 1 -> Files.write(file, new byte[random.nextInt(100)]);
                case 2 -> Files.write(file, new byte[1], StandardOpenOption.APPEND);
                case 3 -> Files.delete(file);
                case 4 -> Files.move(file, other, StandardCopyOption.ATOMIC_MOVE);
                case 5 -> Files.createLink(other, file);
                case 6 -> Files.createDirectory(file);
                default -> Files.setPosixFilePermissions(file, permissions(random));
            }
        } catch (NoSuchFileException | FileAlreadyExistsException | DirectoryNotEmptyException e) {
            // as it happens
        } catch (FileSystemException e) {
            then(e.getMessage()).containsAnyOf("directory", "Operation not permitted");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Set<PosixFilePermission> permissions(Random random) {
        return PosixFilePermissions.fromString("rwx" + (random.nextBoolean() ? "r-x" : "---") + "---");
    }

    private void write(Name name, int length) throws IOException {
        FileTree.Created created = tree.create(FileTree.ROOT, name, 0644, false, WRITE, GUEST);
        tree.write(created.opened().handle(), 0, ByteBuffer.allocate(length));
        tree.release(created.opened().handle());
        kernel.dropAttributes(created.entry().node());
    }

    private void rename(Name from, Name to, RenameMode mode) throws IOException {
        kernel.change(FileTree.ROOT, from, to, () -> tree.rename(FileTree.ROOT, from, FileTree.ROOT, to, mode));
    }

    private void changeInGuest(Random random) {
        try {
            Name name = name(any(random));
            switch (random.nextInt(14)) {
                case 0 -> {
                    int length = random.nextInt(50);
                    kernel.change(FileTree.ROOT, name, () -> write(name, length));
                }
                case 1 -> rename(name, name(any(random)), RenameMode.REPLACE);
                case 2 -> rename(name, name(any(random)), RenameMode.EXCHANGE);
                case 3 -> kernel.change(FileTree.ROOT, name, () -> tree.unlink(FileTree.ROOT, name));
                default -> kernel.look(FileTree.ROOT, name);
            }
        } catch (ErrnoException e) {
            then(e.errno().name()).isIn("ENOENT", "EISDIR", "ENOTDIR", "ESTALE", "EEXIST", "ENOTEMPTY");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
