// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.FileTree.ROOT;
import static dev.thaw.devices.folder.Trees.WRITE;
import static dev.thaw.devices.folder.Trees.errno;
import static dev.thaw.devices.folder.Trees.name;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.HostFiles;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A change of the host that comes, and that the watcher sees, right after a lookup has looked. */
class CrossedLookupTest {
    @TempDir
    Path folder;

    private interface Change {
        void make() throws IOException;
    }

    private Change next;
    private FolderTree tree;

    @BeforeEach
    void open() throws IOException {
        HostFiles host = HostFiles.ofThisHost();
        HostFiles crossed = (HostFiles) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {HostFiles.class}, (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(host, arguments);
                        Change change = next;
                        if (method.getName().equals("stat") && arguments.length == 2 && change != null) {
                            next = null;
                            change.make();
                            // The watcher does not place it: nobody knows what the name leads to.
                            assertThat(tree.known().at(ROOT, name("file"))).isZero();
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        tree = FolderTree.open(crossed, folder, FolderOptions.of(false, 0, 0), new ReadAheadBudget(0, 0), Watcher.NONE);
        Files.writeString(folder.resolve("file"), "before");
    }

    @AfterEach
    void close() {
        tree.close();
    }

    @Test
    void a_lookup_that_a_write_crosses_gives_the_attributes_of_after_it() throws IOException {
        next = () -> Files.writeString(folder.resolve("file"), "after the write");
        assertThat(tree.lookup(ROOT, name("file")).attributes().size()).isEqualTo("after the write".length());
    }

    @Test
    void a_lookup_that_another_file_crosses_gives_that_one() throws IOException {
        next = () -> {
            Files.writeString(folder.resolve("other"), "another file");
            Files.move(folder.resolve("other"), folder.resolve("file"), StandardCopyOption.ATOMIC_MOVE);
        };
        Entry found = tree.lookup(ROOT, name("file"));
        assertThat(found.attributes().size()).isEqualTo("another file".length());
        assertThat(tree.lookup(ROOT, name("file")).node()).isEqualTo(found.node());
        tree.forget(found.node(), 2);
        assertThat(tree.known().at(ROOT, name("file")))
                .as("given back, each lookup")
                .isZero();
    }

    @Test
    void a_lookup_that_a_removal_crosses_finds_nothing() {
        next = () -> Files.delete(folder.resolve("file"));
        assertThat(errno(() -> tree.lookup(ROOT, name("file")))).isEqualTo(Errno.ENOENT);
    }

    @Test
    void an_opening_that_a_write_crosses_gives_the_attributes_of_after_it() throws IOException {
        next = () -> Files.writeString(folder.resolve("file"), "after the write");
        FileTree.Created opened = tree.create(ROOT, name("file"), 0644, false, WRITE, Trees.SERVICE);
        assertThat(opened.entry().attributes().size()).isEqualTo("after the write".length());
    }
}
