// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.Trees.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thaw.devices.host.Errno;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocksTest {
    @TempDir
    Path folder;

    private FolderTree tree;
    private FolderTree otherVm;
    private long one;
    private long two;
    private long foreign;

    @BeforeEach
    void open() throws IOException {
        Files.writeString(folder.resolve("file"), "hello");
        tree = Trees.of(folder);
        otherVm = Trees.of(folder);
        one = tree.open(node(tree, "file"), WRITE).handle();
        two = tree.open(node(tree, "file"), WRITE).handle();
        foreign = otherVm.open(node(otherVm, "file"), WRITE).handle();
    }

    @AfterEach
    void close() throws IOException {
        tree.close();
        otherVm.close();
        assertThat(descriptorsBelow(folder)).isZero();
    }

    private static FileLock posix(FileLock.Type type, long owner, long start, long end) {
        return new FileLock(FileLock.Kind.POSIX, type, owner, start, end, (int) owner);
    }

    private static FileLock bsd(FileLock.Type type) {
        return new FileLock(FileLock.Kind.BSD, type, 0, 0, Long.MAX_VALUE, 0);
    }

    @Test
    void owners_in_a_guest_and_in_others_are_in_each_others_way() throws IOException {
        // WHEN
        assertThat(tree.tryLock(one, posix(FileLock.Type.WRITE, 5, 0, 9))).isTrue();
        // THEN
        assertThat(tree.tryLock(two, posix(FileLock.Type.READ, 6, 9, 9))).isFalse();
        assertThat(otherVm.tryLock(foreign, posix(FileLock.Type.READ, 5, 0, Long.MAX_VALUE)))
                .isFalse();
        assertThat(tree.tryLock(two, posix(FileLock.Type.WRITE, 5, 5, 20))).isTrue();
        assertThat(tree.conflicting(two, posix(FileLock.Type.READ, 6, 0, Long.MAX_VALUE)))
                .contains(new FileLock(FileLock.Kind.POSIX, FileLock.Type.WRITE, 0, 0, 20, 5));
        assertThat(otherVm.conflicting(foreign, posix(FileLock.Type.READ, 6, 20, 20)))
                .contains(new FileLock(FileLock.Kind.POSIX, FileLock.Type.WRITE, 0, 0, 20, 0));
        assertThat(tree.conflicting(one, posix(FileLock.Type.WRITE, 5, 0, 9))).isEmpty();
        assertThat(tree.tryLock(one, posix(FileLock.Type.UNLOCK, 5, 0, 19))).isTrue();
        assertThat(tree.tryLock(two, posix(FileLock.Type.WRITE, 6, 0, 19))).isTrue();
        assertThat(tree.tryLock(two, posix(FileLock.Type.WRITE, 6, 20, 20))).isFalse();
    }

    @Test
    void programs_of_the_host_see_the_guests_locks() throws IOException {
        assertThat(tree.tryLock(one, posix(FileLock.Type.WRITE, 5, 0, 9))).isTrue();
        try (FileChannel channel = FileChannel.open(folder.resolve("file"), StandardOpenOption.WRITE)) {
            assertThat(channel.tryLock(5, 1, false)).isNull();
            assertThat(channel.tryLock(10, 1, false)).isNotNull();
            assertThat(tree.conflicting(two, posix(FileLock.Type.WRITE, 6, 10, 15)))
                    .contains(new FileLock(FileLock.Kind.POSIX, FileLock.Type.WRITE, 0, 10, 10, 5));
        }
    }

    @Test
    void closing_a_descriptor_in_the_guest_gives_up_its_owners_locks_and_no_others() throws IOException {
        // GIVEN
        assertThat(tree.tryLock(one, posix(FileLock.Type.WRITE, 5, 0, 9))).isTrue();
        assertThat(tree.tryLock(one, posix(FileLock.Type.WRITE, 6, 10, 19))).isTrue();
        // WHEN
        tree.flush(two, 5);
        // THEN
        assertThat(tree.tryLock(one, posix(FileLock.Type.WRITE, 7, 0, 9))).isTrue();
        assertThat(tree.tryLock(one, posix(FileLock.Type.WRITE, 7, 10, 19))).isFalse();
        tree.release(one);
        tree.release(two);
        assertThat(otherVm.tryLock(foreign, posix(FileLock.Type.WRITE, 1, 0, Long.MAX_VALUE)))
                .isTrue();
    }

    @Test
    void whole_files_are_locked_by_their_handles() throws IOException {
        assertThat(tree.tryLock(one, bsd(FileLock.Type.WRITE))).isTrue();
        assertThat(tree.tryLock(two, bsd(FileLock.Type.READ))).isFalse();
        assertThat(otherVm.tryLock(foreign, bsd(FileLock.Type.READ))).isFalse();
        assertThat(tree.tryLock(one, bsd(FileLock.Type.READ))).isTrue();
        assertThat(tree.tryLock(two, bsd(FileLock.Type.READ))).isTrue();
        tree.release(one);
        tree.release(two);
        assertThat(otherVm.tryLock(foreign, bsd(FileLock.Type.WRITE))).isTrue();
    }

    @Test
    void whoever_waits_is_told_once_of_an_unlock_or_after_some_time() throws IOException {
        // GIVEN
        AtomicInteger told = new AtomicInteger();
        AtomicInteger cancelled = new AtomicInteger();
        assertThat(tree.tryLock(one, posix(FileLock.Type.WRITE, 5, 0, 9))).isTrue();
        tree.onUnlock(two, told::incrementAndGet);
        tree.onUnlock(two, cancelled::incrementAndGet).run();
        // WHEN
        tree.tryLock(one, posix(FileLock.Type.UNLOCK, 5, 0, 9));
        // THEN
        await("told").atMost(Duration.ofSeconds(10)).until(() -> told.get() == 1);
        tree.onUnlock(two, told::incrementAndGet);
        await("the timer").atMost(Duration.ofSeconds(10)).until(() -> told.get() == 2);
        assertThat(cancelled).hasValue(0);
    }

    @Test
    void ranges_that_are_none_and_handles_that_may_not_are_refused() throws IOException {
        long reading = tree.open(node(tree, "file"), READ).handle();
        assertThat(errno(() -> tree.tryLock(one, posix(FileLock.Type.WRITE, 5, -1, 9))))
                .isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> tree.tryLock(one, posix(FileLock.Type.WRITE, 5, 9, 8))))
                .isEqualTo(Errno.EINVAL);
        assertThat(errno(() -> tree.tryLock(reading, posix(FileLock.Type.WRITE, 5, 0, 8))))
                .isEqualTo(Errno.EBADF);
        assertThat(tree.tryLock(reading, posix(FileLock.Type.READ, 5, 0, 8))).isTrue();
    }
}
