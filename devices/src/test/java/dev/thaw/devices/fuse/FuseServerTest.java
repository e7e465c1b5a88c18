// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.devices.FileService;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.testing.MemoryTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FuseServerTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final FileService service = FileService.start(2);
    private final MemoryTree tree = new MemoryTree();
    private final List<String> notified = new java.util.concurrent.CopyOnWriteArrayList<>();
    private final AtomicBoolean watched = new AtomicBoolean(true);
    private final FuseServer server = server(FuseOptions.defaults().withLimits(4, 2));
    private final FuseGuest guest = FuseGuest.begun(server);

    private FuseServer server(FuseOptions options) {
        return new FuseServer(
                tree, options, service.executor(), node -> watched.get(), new RecordingNotifier(notified));
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        then(guest.wrongs()).isEmpty();
        service.close();
        tree.close();
    }

    private static byte[] init(int major, int minor) {
        return Fields.of().i32(major, minor, 1 << 17, -1).bytes();
    }

    // ---- the connection ----

    @Test
    void where_nobody_sees_what_the_host_changes_the_guest_looks_for_itself() {
        // GIVEN
        FuseServer other = server(FuseOptions.defaults().withoutWatching());

        // WHEN
        FuseGuest.Answer answer = new FuseGuest(other).call(FuseOpcode.INIT, 0, init(7, 37));

        // THEN
        int flags = answer.i32(FuseInitOut.FLAGS);
        then(flags & FuseInitOut.AUTO_INVAL_DATA).isNotZero();
        then(flags & (FuseInitOut.EXPLICIT_INVAL_DATA | FuseInitOut.CACHE_SYMLINKS))
                .isZero();
        then(FuseOptions.defaults().withoutWatching().lifetime()).isZero();
    }

    @Test
    void a_connection_begins_with_what_both_can_do() {
        // GIVEN a server that takes 64 KiB at a time, and a kernel that can do everything
        FuseServer other = server(FuseOptions.defaults().withMaxIoBytes(1 << 16));

        // WHEN
        FuseGuest.Answer answer = new FuseGuest(other).call(FuseOpcode.INIT, 0, init(7, 37));

        // THEN
        then(answer.errno()).isZero();
        then(answer.i32(FuseInitOut.MAJOR)).isEqualTo(7);
        then(answer.i32(FuseInitOut.MINOR)).isEqualTo(37);
        then(answer.i32(FuseInitOut.MAX_READ_AHEAD)).isEqualTo(1 << 17);
        then(answer.i32(FuseInitOut.MAX_WRITE)).isEqualTo(1 << 16);
        then(answer.body().getShort(FuseInitOut.MAX_PAGES)).isEqualTo((short) 16);
        then(answer.i32(FuseInitOut.FLAGS) & FuseInitOut.WRITEBACK_CACHE).isZero();
        then(answer.i32(FuseInitOut.FLAGS) & FuseInitOut.EXPLICIT_INVAL_DATA).isNotZero();
    }

    @Test
    void a_kernel_that_is_too_old_is_refused_and_a_newer_major_version_told_ours() {
        FuseGuest other = new FuseGuest(server(FuseOptions.defaults()));

        then(other.call(FuseOpcode.INIT, 0, init(7, 30)).errno()).isEqualTo(Errno.EPROTO.linux());
        then(other.call(FuseOpcode.INIT, 0, init(6, 40)).errno()).isEqualTo(Errno.EPROTO.linux());
        then(other.call(FuseOpcode.INIT, 0, init(8, 0)).i32(FuseInitOut.MAJOR)).isEqualTo(7);
        then(other.call(FuseOpcode.INIT, 0, init(7, 31)).errno()).isZero();
        then(other.call(FuseOpcode.INIT, 0, init(7, 31)).errno()).isEqualTo(Errno.EINVAL.linux());
    }

    @Test
    void nothing_is_served_before_the_beginning_and_after_the_end() {
        FuseGuest other = new FuseGuest(server(FuseOptions.defaults()));
        then(other.call(FuseOpcode.STATFS, 1, new byte[0]).errno()).isEqualTo(Errno.EIO.linux());

        then(guest.call(FuseOpcode.DESTROY, 0, new byte[0]).errno()).isZero();
        then(guest.call(FuseOpcode.STATFS, 1, new byte[0]).errno()).isEqualTo(Errno.EIO.linux());
    }

    @Test
    void what_is_not_done_is_said_so() {
        then(guest.call(FuseOpcode.POLL, 1, new byte[24]).errno()).isEqualTo(Errno.ENOSYS.linux());
        then(guest.call(FuseOpcode.IOCTL, 1, new byte[32]).errno()).isEqualTo(Errno.ENOTTY.linux());
        then(guest.call(FuseOpcode.TMPFILE, 1, new byte[32]).errno()).isEqualTo(Errno.EOPNOTSUPP.linux());
        then(guest.call(4095, 1, new byte[8]).errno()).isEqualTo(Errno.ENOSYS.linux());
    }

    // ---- what the guest may remember ----

    @Test
    void that_there_is_no_such_name_may_be_remembered_as_long_as_any_name() {
        FuseGuest.Answer answer = guest.call(
                FuseOpcode.LOOKUP, FuseGuest.ROOT, Fields.of().text("none").bytes());

        then(answer.errno()).isZero();
        then(answer.i64(FuseEntryOut.NODE)).isZero();
        then(answer.i64(FuseEntryOut.NAME_SECONDS)).isEqualTo(3600);
    }

    @Test
    void what_is_not_watched_is_not_remembered() {
        long node = guest.create("file")[0];
        watched.set(false);

        FuseGuest.Answer entry = guest.call(
                FuseOpcode.LOOKUP, FuseGuest.ROOT, Fields.of().text("file").bytes());
        FuseGuest.Answer attributes = guest.call(FuseOpcode.GETATTR, node, new byte[16]);
        FuseGuest.Answer listing = guest.call(FuseOpcode.OPENDIR, FuseGuest.ROOT, new byte[8]);

        then(entry.i64(FuseEntryOut.NAME_SECONDS)).isZero();
        then(entry.i64(FuseEntryOut.ATTRIBUTES_SECONDS)).isZero();
        then(attributes.i64(FuseReplies.AttributesOut.SECONDS)).isZero();
        then(listing.i32(FuseReplies.OpenOut.FLAGS)).isZero();
    }

    @Test
    void files_that_are_to_be_direct_are_opened_so() {
        long node = guest.create("file")[0];
        FuseGuest direct = FuseGuest.begun(server(FuseOptions.defaults().withCaching(false, true)));

        FuseGuest.Answer opened = direct.call(FuseOpcode.OPEN, node, new byte[8]);
        FuseGuest.Answer cached = guest.call(FuseOpcode.OPEN, node, new byte[8]);

        then(opened.i32(FuseReplies.OpenOut.FLAGS)).isEqualTo(FuseReplies.OpenOut.DIRECT_IO);
        then(cached.i32(FuseReplies.OpenOut.FLAGS)).isEqualTo(FuseReplies.OpenOut.KEEP_CACHE);
    }

    // ---- waiting ----

    @Test
    void a_read_that_waits_for_the_disk_does_not_hold_up_a_stat() {
        // GIVEN a file, and a disk that has stopped
        long[] file = guest.create("file");
        guest.write(file[0], file[1], 0, 0, (byte) 1, (byte) 2, (byte) 3);
        CountDownLatch disk = new CountDownLatch(1);
        tree.holdDisk(disk);

        // WHEN
        CompletableFuture<FuseGuest.Answer> read = guest.beginRead(file[1], 1, 4096);
        CompletableFuture<FuseGuest.Answer> sync = guest.begin(
                FuseOpcode.FSYNC, file[0], Fields.of().i64(file[1]).i32(0, 0).bytes());
        FuseGuest.Answer stat = guest.call(FuseOpcode.GETATTR, file[0], new byte[16]);

        // THEN
        then(stat.i64(FuseReplies.AttributesOut.ATTRIBUTES + FuseAttr.LENGTH)).isEqualTo(3);
        then(read).isNotDone();
        then(sync).isNotDone();
        disk.countDown();
        then(FuseGuest.await(read).bytes()).containsExactly(2, 3);
        then(FuseGuest.await(sync).errno()).isZero();
    }

    @Test
    void the_transport_is_stopped_at_the_limit_and_told_to_go_on_at_half_of_it() {
        // GIVEN
        AtomicInteger told = new AtomicInteger();
        server.whenWantsMore(told::incrementAndGet);
        long[] file = guest.create("file");
        CountDownLatch disk = new CountDownLatch(1);
        tree.holdDisk(disk);

        // WHEN
        List<CompletableFuture<FuseGuest.Answer>> reads = new ArrayList<>();
        while (server.wantsMore()) {
            reads.add(guest.beginRead(file[1], 0, 1));
        }

        // THEN
        then(reads).hasSize(4);
        then(server.counters().inFlight()).isEqualTo(4);
        disk.countDown();
        reads.forEach(FuseGuest::await);
        await("told to go on").atMost(SOON).untilAsserted(() -> then(told).hasValue(1));
        then(server.wantsMore()).isTrue();
    }

    @Test
    void what_still_comes_after_the_close_is_refused_and_what_is_under_way_ends_first() throws Exception {
        long[] file = guest.create("file");
        CountDownLatch disk = new CountDownLatch(1);
        tree.holdDisk(disk);
        CompletableFuture<FuseGuest.Answer> read = guest.beginRead(file[1], 0, 1);

        CompletableFuture<Void> closing = CompletableFuture.runAsync(
                () -> {
                    try {
                        server.close();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                },
                task -> new Thread(task, "closing").start());
        await("closed")
                .atMost(SOON)
                .until(() -> guest.call(FuseOpcode.STATFS, 1, new byte[0]).errno() == Errno.ENODEV.linux());

        then(closing).isNotDone();
        disk.countDown();
        closing.get(20, java.util.concurrent.TimeUnit.SECONDS);
        then(read).isDone();
    }

    // ---- bytes ----

    @Test
    void set_user_id_bits_go_when_somebody_writes_who_may_not_keep_them() {
        long[] file = guest.create("file");
        byte[] mode = new byte[NodeRequest.SetAttributes.SIZE];
        ByteBuffer.wrap(mode)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(NodeRequest.SetAttributes.VALID, NodeRequest.SetAttributes.SET_MODE)
                .putInt(NodeRequest.SetAttributes.MODE, 0106755);
        guest.call(FuseOpcode.SETATTR, file[0], mode);

        guest.write(file[0], file[1], 0, 0, (byte) 1);
        then(permissions(file[0])).isEqualTo(06755);
        guest.write(file[0], file[1], 0, FileRequest.Write.KILL_PRIVILEGES, (byte) 1);
        then(permissions(file[0])).isEqualTo(0755);
        then(notified).containsExactly("inode " + file[0] + " -1 0");
    }

    private int permissions(long node) {
        return guest.call(FuseOpcode.GETATTR, node, new byte[16])
                        .i32(FuseReplies.AttributesOut.ATTRIBUTES + FuseAttr.MODE)
                & 07777;
    }

    @Test
    void a_listing_gives_each_entry_once_in_pages_and_one_lookup_with_each() throws IOException {
        // GIVEN
        for (int i = 0; i < 300; i++) {
            long node = guest.create("file" + i)[0];
            guest.call(FuseOpcode.FORGET, node, Fields.of().i64(1).bytes());
        }
        long handle =
                guest.call(FuseOpcode.OPENDIR, FuseGuest.ROOT, new byte[8]).i64(0);
        int known = tree.knownNodes();

        // WHEN
        List<String> names = new ArrayList<>();
        long position = 0;
        for (int before = -1; before != names.size(); ) {
            before = names.size();
            byte[] body = Fields.of()
                    .i64(handle, position)
                    .i32(4096, 0)
                    .i64(0)
                    .i32(0, 0)
                    .bytes();
            ByteBuffer page =
                    guest.call(FuseOpcode.READDIRPLUS, FuseGuest.ROOT, body).body();
            for (int at = 0; at < page.limit(); ) {
                int dirent = at + FuseEntryOut.SIZE;
                byte[] name = new byte[page.getInt(dirent + FuseDirent.NAME_LENGTH)];
                page.get(dirent + FuseDirent.SIZE, name);
                names.add(new String(name, StandardCharsets.UTF_8));
                position = page.getLong(dirent + FuseDirent.POSITION);
                at = dirent + FuseDirent.bytes(name);
            }
        }

        // THEN
        then(names).hasSize(302).doesNotHaveDuplicates().contains(".", "..", "file0", "file299");
        then(tree.knownNodes() - known).isEqualTo(300);
    }

    @Test
    void extended_attributes_tell_how_much_room_they_need() {
        byte[] set = Fields.of()
                .i32(3, 0)
                .text("user.a")
                .raw((byte) 1, (byte) 2, (byte) 3)
                .bytes();
        then(guest.call(FuseOpcode.SETXATTR, FuseGuest.ROOT, set).errno()).isZero();

        then(getXattr(0).i32(0)).isEqualTo(3);
        then(getXattr(2).errno()).isEqualTo(Errno.ERANGE.linux());
        then(getXattr(3).bytes()).containsExactly(1, 2, 3);
        then(guest.call(
                                FuseOpcode.LISTXATTR,
                                FuseGuest.ROOT,
                                Fields.of().i32(100, 0).bytes())
                        .bytes())
                .isEqualTo("user.a\0".getBytes(StandardCharsets.UTF_8));
    }

    private FuseGuest.Answer getXattr(int room) {
        return guest.call(
                FuseOpcode.GETXATTR,
                FuseGuest.ROOT,
                Fields.of().i32(room, 0).text("user.a").bytes());
    }

    @Test
    void lengths_and_offsets_that_make_no_sense_are_refused() {
        long[] file = guest.create("file");
        then(FuseGuest.await(guest.beginRead(file[1], 0, (1 << 20) + 1)).errno())
                .isEqualTo(Errno.EINVAL.linux());
        then(FuseGuest.await(guest.beginRead(file[1], -1, 1)).errno()).isEqualTo(Errno.EINVAL.linux());
        then(FuseGuest.await(guest.beginRead(file[1], Long.MAX_VALUE, 2)).errno())
                .isEqualTo(Errno.EINVAL.linux());
        then(FuseGuest.await(guest.beginRead(file[1], 0, Integer.MIN_VALUE)).errno())
                .isEqualTo(Errno.EINVAL.linux());
        then(guest.lookup(FuseGuest.ROOT, "..")).isEqualTo(-Errno.EINVAL.linux());
        then(guest.lookup(FuseGuest.ROOT, "a/b")).isEqualTo(-Errno.EINVAL.linux());
        then(guest.lookup(4711, "a")).isEqualTo(-Errno.ESTALE.linux());
        then(server.counters().failures()).isGreaterThanOrEqualTo(7);
    }

    @Test
    void requests_whose_length_is_wrong_are_answered_if_they_have_a_number() {
        byte[] header =
                Fields.of().i32(41, FuseOpcode.STATFS).i64(8, 1).i32(0, 0, 0, 0).bytes();

        then(FuseGuest.await(guest.send(ByteBuffer.wrap(header), 8)).errno()).isEqualTo(Errno.EINVAL.linux());
        then(FuseGuest.await(guest.send(ByteBuffer.wrap(header, 0, 20).slice(), 8))
                        .errno())
                .isEqualTo(Errno.EIO.linux());
        then(FuseGuest.await(guest.send(ByteBuffer.wrap(header, 0, 12).slice(), 0))
                        .body())
                .isNull();
        then(server.counters().malformed()).isEqualTo(3);
    }

    @Test
    void the_cores_news_become_notifications() throws IOException {
        List<String> told = new ArrayList<>();
        NotifiedChanges changes = new NotifiedChanges(new RecordingNotifier(told));
        Name name = Name.of(new byte[] {'x'});

        changes.data(7, 0, -1);
        changes.attributes(7);
        changes.entry(1, name);
        changes.deleted(1, 7, name);
        Notifier.NONE.invalidateInode(7, 0, -1);

        then(told).containsExactly("inode 7 0 -1", "inode 7 -1 0", "entry 1 'x'", "delete 1 7 'x'");
    }

    @Test
    void options_out_of_range_are_refused() {
        thenThrownBy(() -> FuseOptions.defaults().withMaxIoBytes(5000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxIoBytes of 5000 is out of range");
    }
}
