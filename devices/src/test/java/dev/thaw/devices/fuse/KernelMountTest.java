// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.devices.FileService;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.OpenMode;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.testing.MemoryTree;
import dev.thaw.devices.testing.Tools;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel of this machine is the judge: it mounts the server, and programs work on what it shows. */
@Tag("root")
class KernelMountTest {
    @TempDir
    Path folder;

    private final FileService service = FileService.start(2);
    private final MemoryTree tree = new MemoryTree();
    private final FuseServer server =
            new FuseServer(tree, FuseOptions.defaults(), service.executor(), node -> true, new Later());
    private final List<Integer> refusals = new java.util.concurrent.CopyOnWriteArrayList<>();
    private KernelMount mount;
    private Notifier notifier;

    @BeforeEach
    void mount() {
        mount = new KernelMount(folder, server);
        notifier = new FuseNotifications(message -> refusals.add(mount.send(message)));
    }

    @AfterEach
    void unmount() throws Exception {
        mount.unmount();
        server.close();
        mount.close();
        service.close();
        tree.close();
        then(mount.unanswered()).isZero();
        then(mount.refused).as("errnos of replies that the kernel did not take").isEmpty();
    }

    /** The notifier is made of the mount, and that of the server. */
    private final class Later implements Notifier {
        @Override
        public void invalidateInode(long node, long offset, long length) {
            notifier.invalidateInode(node, offset, length);
        }

        @Override
        public void invalidateEntry(long parent, Name name) {
            notifier.invalidateEntry(parent, name);
        }

        @Override
        public void delete(long parent, long child, Name name) {
            notifier.delete(parent, child, name);
        }
    }

    private String shell(String script) throws IOException {
        return Tools.run("bash", "-ec", "cd \"$1\"; " + script, "bash", folder.toString());
    }

    @Test
    void files_are_made_written_read_changed_and_removed() throws IOException {
        Path file = folder.resolve("file");
        Files.writeString(file, "one");
        Files.writeString(file, " two", java.nio.file.StandardOpenOption.APPEND);
        then(file).hasContent("one two").hasSize(7);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        then(shell("stat -c '%a %F %h %u' file")).isEqualTo("640 regular file 1 0");
        then(shell("truncate -s 3 file; cat file; echo; touch -d @12345 file; stat -c %Y file"))
                .isEqualTo("one\n12345");
        then(shell("fallocate -l 5 file; stat -c %s file; printf X > file; cat file"))
                .isEqualTo("5\nX");
        Files.delete(file);
        then(file).doesNotExist();
    }

    @Test
    void names_are_made_moved_and_linked() throws IOException {
        Files.createDirectories(folder.resolve("a/b/c"));
        Files.writeString(folder.resolve("a/b/c/file"), "x");
        Files.createSymbolicLink(folder.resolve("link"), Path.of("a/b/c/file"));
        then(folder.resolve("link")).hasContent("x");
        Files.createLink(folder.resolve("hard"), folder.resolve("a/b/c/file"));
        then(shell("stat -c %h hard; mkfifo fifo; stat -c %F fifo")).isEqualTo("2\nfifo");
        Files.move(folder.resolve("a/b"), folder.resolve("b"), StandardCopyOption.ATOMIC_MOVE);
        then(folder.resolve("b/c/file")).hasContent("x");
        then(folder.resolve("link")).satisfies(link -> then(Files.exists(link)).isFalse());
        thenThrownBy(() -> Files.createDirectory(folder.resolve("b"))).isInstanceOf(FileAlreadyExistsException.class);
        thenThrownBy(() -> Files.delete(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
        then(shell("mv -n hard b/c/file; ls; rm -r b; ls")).isEqualTo("a\nb\nfifo\nhard\nlink\na\nfifo\nhard\nlink");
    }

    @Test
    void a_megabyte_goes_both_ways_in_few_requests() throws IOException {
        byte[] data = new byte[1 << 20];
        new Random(7).nextBytes(data);

        Files.write(folder.resolve("large"), data);
        shell("echo 3 > /proc/sys/vm/drop_caches");

        then(Files.readAllBytes(folder.resolve("large"))).isEqualTo(data);
        then(mount.requests.get(FuseOpcode.WRITE)).isBetween(1, 200);
        then(mount.requests.get(FuseOpcode.GETXATTR))
                .as("without FUSE_HANDLE_KILLPRIV_V2 there is one for each write, with it one for a file")
                .isLessThan(2);
    }

    @Test
    void a_folder_of_three_thousand_entries_is_listed_and_then_known() throws IOException {
        shell("touch file{1..3000}");

        try (Stream<Path> all = Files.list(folder)) {
            then(all).hasSize(3000);
        }
        then(shell("ls -l | wc -l")).isEqualTo("3001");
        int asked = mount.requests.get(FuseOpcode.GETATTR) + mount.requests.get(FuseOpcode.LOOKUP);
        then(shell("ls -l | wc -l")).isEqualTo("3001");
        then(mount.requests.get(FuseOpcode.GETATTR) + mount.requests.get(FuseOpcode.LOOKUP) - asked)
                .isLessThan(10);
    }

    @Test
    void what_is_cached_stays_until_a_notification_says_that_it_changed() throws IOException {
        // GIVEN a file that the kernel has cached, and that changes behind its back
        Files.writeString(folder.resolve("file"), "old");
        then(folder.resolve("file")).hasContent("old");
        long node = lookup("file");
        changeBehindItsBack(node, "newer");
        then(folder.resolve("file")).hasContent("old");

        // WHEN
        notifier.invalidateInode(node, 0, Notifier.TO_END);

        // THEN
        then(folder.resolve("file")).hasContent("newer");
        then(refusals).containsExactly(0);
    }

    private long lookup(String name) throws IOException {
        long node = tree.lookup(FuseGuest.ROOT, name(name)).node();
        tree.forget(node, 1);
        return node;
    }

    private static Name name(String name) throws IOException {
        return Name.of(name.getBytes(StandardCharsets.UTF_8));
    }

    private void changeBehindItsBack(long node, String text) throws IOException {
        long handle = tree.open(node, new OpenMode(true, true, false, false, false, false))
                .handle();
        tree.write(handle, 0, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        tree.release(handle);
    }

    @Test
    void names_that_were_there_and_names_that_were_not_are_asked_for_again_when_told() throws IOException {
        Files.writeString(folder.resolve("there"), "x");
        then(folder.resolve("new")).doesNotExist();
        long node = lookup("there");
        tree.rename(FuseGuest.ROOT, name("there"), FuseGuest.ROOT, name("new"), MemoryTree.RenameMode.REPLACE);
        then(folder.resolve("there")).as("cached").exists();
        then(folder.resolve("new")).as("cached").doesNotExist();

        notifier.delete(FuseGuest.ROOT, node, name("there"));
        notifier.invalidateEntry(FuseGuest.ROOT, name("new"));
        notifier.invalidateInode(FuseGuest.ROOT, Notifier.ATTRIBUTES_ONLY, 0);

        then(folder.resolve("there")).doesNotExist();
        then(folder.resolve("new")).hasContent("x");
        then(refusals).containsExactly(0, 0, 0);
    }

    @Test
    void a_listing_that_the_kernel_keeps_is_read_again_when_told() throws IOException {
        shell("touch a; ls; ls");
        tree.makeFolder(FuseGuest.ROOT, name("b"), 0755, new dev.thaw.devices.folder.Caller(0, 0, 0));

        notifier.invalidateInode(FuseGuest.ROOT, 0, Notifier.TO_END);

        then(shell("ls")).isEqualTo("a\nb");
    }

    @Test
    void the_kernel_refuses_notifications_whose_code_is_negated() {
        ByteBuffer negated = ByteBuffer.wrap(Fields.of()
                .i32(40, -FuseNotifications.INVAL_INODE)
                .i64(0, FuseGuest.ROOT, 0, -1)
                .bytes());

        then(mount.send(negated)).isEqualTo(Errno.EINVAL.linux());
    }

    @Test
    void one_program_waits_for_the_lock_of_another_and_a_signal_ends_the_wait() throws IOException {
        then(shell("touch f; flock f sh -c 'flock -n f true || echo busy; timeout 1 flock f true || echo $?'"))
                .isEqualTo("busy\n124");
        then(mount.requests.get(FuseOpcode.INTERRUPT)).isPositive();
        then(shell("(flock f sleep 1; echo first) & sleep 0.3; flock f echo second; wait"))
                .contains("first")
                .contains("second");
        await("no wait is left")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> then(server.counters().waitingLocks()).isZero());
    }

    @Test
    void posix_locks_of_programs_exclude_each_other_and_go_with_their_programs() throws IOException {
        String script = """
                import fcntl,os,sys
                f=open('f','r+'); fcntl.lockf(f,fcntl.LOCK_EX)
                if os.fork()==0:
                  g=open('f','r+')
                  try: fcntl.lockf(g,fcntl.LOCK_EX|fcntl.LOCK_NB)
                  except BlockingIOError: print('busy',flush=True)
                  os._exit(0)
                os.wait(); f.close()
                h=open('f','r+'); fcntl.lockf(h,fcntl.LOCK_EX|fcntl.LOCK_NB); print('free')
                """;

        then(shell("touch f; python3 -c \"" + script + "\"")).isEqualTo("busy\nfree");
    }

    @Test
    void memory_maps_see_and_make_changes() throws IOException {
        Files.writeString(folder.resolve("f"), "abc");
        String script = """
                import mmap
                f=open('f','r+'); m=mmap.mmap(f.fileno(),3); print(m[:].decode()); m[0]=65; m.flush()
                """;

        then(shell("python3 -c \"" + script + "\"; cat f")).isEqualTo("abc\nAbc");
    }

    @Test
    void a_set_user_id_bit_is_lost_to_somebody_elses_write() throws IOException {
        shell("printf x > f; chmod 4777 f");

        then(shell("setpriv --reuid 1234 --clear-groups sh -c 'printf y >> f'; stat -c %a f; cat f"))
                .isEqualTo("777\nxy");
    }
}
