// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.thaw.devices.folder.Caller;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.FileTree.RenameMode;
import dev.thaw.devices.folder.FolderOptions;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.OpenMode;
import dev.thaw.devices.folder.ReadAheadBudget;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A tree that is watched, of which a guest knows what lies in its root. */
abstract class WatchedTree {
    static final Caller GUEST = new Caller(0, 0, 1);
    static final OpenMode WRITE = new OpenMode(true, true, false, false, false, false);
    static final OpenMode TRUNCATE = new OpenMode(true, true, false, true, false, false);

    @TempDir
    Path folder;

    final ToldChanges changes = new ToldChanges();
    TreeWatcher watcher;
    FolderTree tree;

    @BeforeEach
    void open() throws IOException {
        Files.writeString(folder.resolve("file"), "text");
        Files.writeString(folder.resolve("other"), "other text");
        Files.createDirectory(folder.resolve("sub"));
        Files.createDirectory(folder.resolve("empty"));
        watcher = TreeWatcher.start("test", changes);
        tree = FolderTree.open(folder, FolderOptions.of(false, 0, 0), new ReadAheadBudget(0, 0), watcher);
        watcher.watchFor(tree.known());
        for (String name : List.of("file", "other", "sub", "empty")) {
            node(name);
        }
    }

    @AfterEach
    void close() {
        tree.close();
    }

    static Name name(String name) throws ErrnoException {
        return Name.of(name.getBytes(UTF_8));
    }

    /** Looked up as a guest does. */
    long node(String name) throws IOException {
        return tree.lookup(FileTree.ROOT, name(name)).node();
    }

    List<String> told() throws IOException {
        watcher.drain();
        return changes.take();
    }

    static void rename(FolderTree tree, String from, String to, RenameMode mode) throws IOException {
        tree.rename(FileTree.ROOT, name(from), FileTree.ROOT, name(to), mode);
    }

    interface Failing {
        void run() throws IOException;
    }

    static String errnoOf(Failing call) {
        try {
            call.run();
            return "nothing";
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
