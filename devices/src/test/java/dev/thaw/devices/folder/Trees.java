// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What tests of trees say again and again. */
final class Trees {
    static final Caller SERVICE = new Caller(70, 71, 1);
    static final OpenMode READ = new OpenMode(true, false, false, false, false, false);
    static final OpenMode WRITE = new OpenMode(true, true, false, false, false, false);
    static final OpenMode APPEND = new OpenMode(true, true, true, false, false, false);
    static final OpenMode TRUNCATE = new OpenMode(true, true, false, true, false, false);

    private Trees() {}

    static FolderTree of(Path folder) throws IOException {
        return FolderTree.open(
                folder, FolderOptions.of(false, 70, 71), new ReadAheadBudget(8 << 20, 1 << 20), Watcher.NONE);
    }

    static Name name(String name) throws ErrnoException {
        return Name.of(name.getBytes(UTF_8));
    }

    /** The node that a path leads to, with lookups that nobody gives back. */
    static long node(FileTree tree, String path) throws IOException {
        long at = FileTree.ROOT;
        for (String part : path.split("/", -1)) {
            at = tree.lookup(at, name(part)).node();
        }
        return at;
    }

    static String read(FileTree tree, long handle) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        int count = tree.read(handle, 0, buffer);
        assertThat(count).isEqualTo(buffer.position());
        return new String(buffer.array(), 0, count, UTF_8);
    }

    static void write(FileTree tree, long handle, long offset, String text) throws IOException {
        ByteBuffer data = ByteBuffer.wrap(text.getBytes(UTF_8));
        assertThat(tree.write(handle, offset, data)).isEqualTo(text.length());
    }

    static String contents(FileTree tree, long node) throws IOException {
        long handle = tree.open(node, READ).handle();
        try {
            return read(tree, handle);
        } finally {
            tree.release(handle);
        }
    }

    static List<String> list(FileTree tree, long node) throws IOException {
        long handle = tree.openFolder(node).handle();
        List<String> names = new ArrayList<>();
        tree.list(handle, 0, false, (name, inode, kind, position, looker) -> names.add(new String(name, UTF_8)));
        tree.release(handle);
        return names;
    }

    static Errno errno(ThrowingCallable call) {
        try {
            call.call();
        } catch (ErrnoException e) {
            return e.errno();
        } catch (Throwable e) {
            throw new AssertionError("neither done nor refused by an errno", e);
        }
        return null;
    }

    static AttributeChanges size(long size) {
        return new AttributeChanges(
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalLong.of(size),
                Optional.empty(),
                Optional.empty());
    }

    static AttributeChanges permissions(int permissions) {
        return new AttributeChanges(
                OptionalInt.of(permissions),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty());
    }

    static AttributeChanges owner(int uid, int gid) {
        return new AttributeChanges(
                OptionalInt.empty(),
                OptionalInt.of(uid),
                OptionalInt.of(gid),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty());
    }

    static AttributeChanges modified(long seconds, int nanos) {
        return new AttributeChanges(
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.of(new AttributeChanges.Stamped(new Attributes.Time(seconds, nanos))));
    }

    /** Descriptors of this process that lead below a folder. */
    static long descriptorsBelow(Path folder) throws IOException {
        Path real = folder.toRealPath();
        try (Stream<Path> numbers = Files.list(Path.of("/proc/self/fd"))) {
            return numbers.filter(number -> {
                        try {
                            return Files.readSymbolicLink(number).startsWith(real);
                        } catch (IOException e) {
                            return false; // closed meanwhile
                        }
                    })
                    .count();
        }
    }
}
