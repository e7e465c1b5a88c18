// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.Attributes.Time;
import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FileLock;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.Space;
import dev.thaw.devices.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Compares with what the C compiler makes of the kernel's own header. */
@EnabledOnOs(OS.LINUX)
class WireTest {
    private static final Attributes ATTRIBUTES = new Attributes(
            0x101,
            FileKind.FILE,
            0640,
            0x10a,
            0x10b,
            0x10c,
            0x10d,
            0x102,
            0x103,
            0x10e,
            new Time(0x104, 0x107),
            new Time(0x105, 0x108),
            new Time(0x106, 0x109));

    private static final Map<String, String> KERNEL = new HashMap<>();

    @BeforeAll
    static void compile(@TempDir Path folder) throws IOException {
        Path source = folder.resolve("structs.c");
        try (InputStream text = WireTest.class.getResourceAsStream("structs.c")) {
            Files.copy(text, source);
        }
        Path program = folder.resolve("structs");
        Tools.run("gcc", "-Wall", "-Werror", "-o", program.toString(), source.toString());
        for (String line : Tools.run(program.toString()).split("\n", -1)) {
            String[] parts = line.split(" ", 2);
            KERNEL.put(parts[0], parts[1]);
        }
    }

    private static byte[] kernel(String struct) {
        return HexFormat.of().parseHex(KERNEL.get(struct));
    }

    /** A body of a struct and what follows it. */
    private static FuseBody body(String struct, byte... rest) {
        byte[] bytes = kernel(struct);
        return new FuseBody(ByteBuffer.allocate(bytes.length + rest.length)
                .put(bytes)
                .put(rest)
                .flip());
    }

    private static FuseRequest decode(int opcode, String struct, byte... rest) throws IOException {
        FuseBody body = body(struct, rest);
        FuseRequest request = FuseDecoder.decode(opcode, body);
        then(body.remaining()).as("bytes of %s that were not taken", struct).isZero();
        return request;
    }

    private static Name name(String text) throws IOException {
        return Name.of(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static byte[] put(int size, ObjIntConsumer<ByteBuffer> struct) {
        ByteBuffer bytes = ByteBuffer.allocate(size + 8).order(ByteOrder.LITTLE_ENDIAN);
        struct.accept(bytes, 8);
        byte[] all = new byte[size];
        bytes.get(8, all);
        return all;
    }

    @Test
    void a_header_is_decoded_as_the_kernel_lays_it_out() throws IOException {
        then(FuseInHeader.decode(ByteBuffer.wrap(kernel("fuse_in_header"))))
                .isEqualTo(new FuseInHeader(1, 2, 3, 4, 5, 6, 7));
    }

    @Test
    void requests_for_nodes_are_decoded_as_the_kernel_lays_them_out() throws IOException {
        then(decode(FuseOpcode.FORGET, "fuse_forget_in")).isEqualTo(new NodeRequest.Forget(1));
        then(decode(FuseOpcode.GETATTR, "fuse_getattr_in")).isEqualTo(new NodeRequest.GetAttributes(1, 2));
        then(decode(FuseOpcode.SETATTR, "fuse_setattr_in"))
                .isEqualTo(new NodeRequest.SetAttributes(
                        1,
                        2,
                        3,
                        new NodeRequest.SetAttributes.Time(4, 7),
                        new NodeRequest.SetAttributes.Time(5, 8),
                        10,
                        11,
                        12));
        then(decode(FuseOpcode.ACCESS, "fuse_access_in")).isEqualTo(new NodeRequest.Access(1));
        then(decode(FuseOpcode.BATCH_FORGET, "fuse_batch_forget_in")).isEqualTo(new NodeRequest.BatchForget(List.of()));
    }

    @Test
    void a_batch_of_forgotten_nodes_has_the_kernels_layout() throws IOException {
        byte[] batch = kernel("fuse_batch_forget_in");
        batch[0] = 2;
        byte[] one = kernel("fuse_forget_one");
        FuseBody body = new FuseBody(ByteBuffer.allocate(batch.length + 2 * one.length)
                .put(batch)
                .put(one)
                .put(one)
                .flip());
        NodeRequest.ForgetOne forgotten = new NodeRequest.ForgetOne(1, 2);

        then(FuseDecoder.decode(FuseOpcode.BATCH_FORGET, body))
                .isEqualTo(new NodeRequest.BatchForget(List.of(forgotten, forgotten)));
    }

    @Test
    void requests_for_names_are_decoded_as_the_kernel_lays_them_out() throws IOException {
        byte[] a = {'a', 0};
        byte[] ab = {'a', 0, 'b', 0};
        then(decode(FuseOpcode.MKNOD, "fuse_mknod_in", a)).isEqualTo(new NameRequest.MakeNode(1, 2, name("a")));
        then(decode(FuseOpcode.MKDIR, "fuse_mkdir_in", a)).isEqualTo(new NameRequest.MakeFolder(1, name("a")));
        then(decode(FuseOpcode.LINK, "fuse_link_in", a)).isEqualTo(new NameRequest.Link(1, name("a")));
        then(decode(FuseOpcode.CREATE, "fuse_create_in", a)).isEqualTo(new NameRequest.Create(1, 2, 4, name("a")));
        then(decode(FuseOpcode.RENAME, "fuse_rename_in", ab))
                .isEqualTo(new NameRequest.Rename(1, 0, name("a"), name("b")));
        then(decode(FuseOpcode.RENAME2, "fuse_rename2_in", ab))
                .isEqualTo(new NameRequest.Rename(1, 2, name("a"), name("b")));
    }

    @Test
    void requests_for_files_are_decoded_as_the_kernel_lays_them_out() throws IOException {
        then(decode(FuseOpcode.OPEN, "fuse_open_in")).isEqualTo(new FileRequest.Open(1, 2));
        then(decode(FuseOpcode.READ, "fuse_read_in")).isEqualTo(new FileRequest.Read(1, 2, 3));
        then(decode(FuseOpcode.WRITE, "fuse_write_in"))
                .isEqualTo(new FileRequest.Write(1, 2, 4, ByteBuffer.allocate(0)));
        then(decode(FuseOpcode.FLUSH, "fuse_flush_in")).isEqualTo(new FileRequest.Flush(1, 2));
        then(decode(FuseOpcode.FSYNCDIR, "fuse_fsync_in")).isEqualTo(new FileRequest.Sync(1, 2));
        then(decode(FuseOpcode.RELEASE, "fuse_release_in")).isEqualTo(new FileRequest.Release(1, 3, 4));
        then(decode(FuseOpcode.FALLOCATE, "fuse_fallocate_in")).isEqualTo(new FileRequest.Allocate(1, 2, 3, 4));
        then(decode(FuseOpcode.LSEEK, "fuse_lseek_in")).isEqualTo(new FileRequest.Seek(1, 2, 3));
        then(decode(FuseOpcode.COPY_FILE_RANGE, "fuse_copy_file_range_in"))
                .isEqualTo(new FileRequest.CopyRange(1, 2, 3, 4, 5, 6, 7));
        then(decode(FuseOpcode.READDIRPLUS, "fuse_read_in")).isEqualTo(new FolderRequest.Listing(true, 1, 2, 3));
        then(decode(FuseOpcode.OPENDIR, "fuse_open_in")).isEqualTo(new FolderRequest.Open());
    }

    @Test
    void the_other_requests_are_decoded_as_the_kernel_lays_them_out() throws IOException {
        byte[] a = {'a', 0};
        FileLock lock = new FileLock(FileLock.Kind.BSD, FileLock.Type.WRITE, 2, 3, 4, 6);
        then(decode(FuseOpcode.GETXATTR, "fuse_getxattr_in", a)).isEqualTo(new AttributeRequest.Get(1, name("a")));
        then(decode(FuseOpcode.LISTXATTR, "fuse_getxattr_in")).isEqualTo(new AttributeRequest.List(1));
        then(decode(FuseOpcode.GETLK, "fuse_lk_in")).isEqualTo(new LockRequest.Conflicting(1, lock));
        then(decode(FuseOpcode.SETLK, "fuse_lk_in")).isEqualTo(new LockRequest.Try(1, lock));
        then(decode(FuseOpcode.SETLKW, "fuse_lk_in")).isEqualTo(new LockRequest.Wait(1, lock));
        then(decode(FuseOpcode.INTERRUPT, "fuse_interrupt_in")).isEqualTo(new SessionRequest.Interrupt(1));
        then(FuseDecoder.decode(FuseOpcode.INIT, body("fuse_init_in"))).isEqualTo(new SessionRequest.Init(1, 2, 3, 4));
        then(kernel("fuse_init_in")).hasSize(SessionRequest.Init.SIZE_2);
    }

    @Test
    void structs_of_replies_are_laid_out_as_the_kernel_does() {
        FuseEntryOut entry =
                new FuseEntryOut(new Entry(1, ATTRIBUTES), Duration.ofSeconds(3, 5), Duration.ofSeconds(4, 6));
        FuseReplies.AttributesOut attributes = new FuseReplies.AttributesOut(ATTRIBUTES, Duration.ofSeconds(1, 2));
        FileLock lock = new FileLock(FileLock.Kind.POSIX, FileLock.Type.WRITE, 0, 1, 2, 4);
        then(put(
                        FuseOutHeader.SIZE,
                        (b, at) ->
                                new FuseOutHeader(1, -2, 3).put(b.slice(at, 16).order(b.order()))))
                .isEqualTo(kernel("fuse_out_header"));
        then(put(FuseEntryOut.SIZE, entry::put)).isEqualTo(kernel("fuse_entry_out"));
        then(put(FuseReplies.AttributesOut.SIZE, attributes::put)).isEqualTo(kernel("fuse_attr_out"));
        then(put(FuseReplies.OpenOut.SIZE, new FuseReplies.OpenOut(1, 2)::put)).isEqualTo(kernel("fuse_open_out"));
        then(put(FuseReplies.WriteOut.SIZE, new FuseReplies.WriteOut(1)::put)).isEqualTo(kernel("fuse_write_out"));
        then(put(FuseReplies.AttributeLengthOut.SIZE, new FuseReplies.AttributeLengthOut(1)::put))
                .isEqualTo(kernel("fuse_getxattr_out"));
        then(put(FuseReplies.SeekOut.SIZE, new FuseReplies.SeekOut(1)::put)).isEqualTo(kernel("fuse_lseek_out"));
        then(put(FuseReplies.LockOut.SIZE, new FuseReplies.LockOut(lock)::put)).isEqualTo(kernel("fuse_lk_out"));
        then(put(FuseReplies.SpaceOut.SIZE, new FuseReplies.SpaceOut(new Space(6, 1, 2, 3, 4, 5, 7))::put))
                .isEqualTo(kernel("fuse_statfs_out"));
        then(put(FuseInitOut.SIZE, new FuseInitOut(1, 2, 3, 4, 5, 6)::put)).isEqualTo(kernel("fuse_init_out"));
        then(put(FuseDirent.SIZE, new FuseDirent(1, 2, FileKind.SYMLINK, new byte[0])::put))
                .isEqualTo(kernelDirent());
    }

    /** The type is the mode's upper bits: 10 for a symlink. */
    private static byte[] kernelDirent() {
        byte[] dirent = kernel("fuse_dirent");
        dirent[FuseDirent.TYPE] = 10;
        return dirent;
    }

    @Test
    void flags_and_numbers_are_the_kernels() {
        int init = FuseInitOut.ASYNC_READ
                | FuseInitOut.POSIX_LOCKS
                | FuseInitOut.ATOMIC_O_TRUNC
                | FuseInitOut.BIG_WRITES
                | FuseInitOut.FLOCK_LOCKS
                | FuseInitOut.DO_READDIRPLUS
                | FuseInitOut.READDIRPLUS_AUTO
                | FuseInitOut.ASYNC_DIO
                | FuseInitOut.PARALLEL_DIROPS
                | FuseInitOut.MAX_PAGES_FLAG
                | FuseInitOut.CACHE_SYMLINKS
                | FuseInitOut.AUTO_INVAL_DATA
                | FuseInitOut.EXPLICIT_INVAL_DATA
                | FuseInitOut.HANDLE_KILLPRIV_V2;
        then(KERNEL.get("init_flags")).isEqualTo(Integer.toHexString(init));
        then(KERNEL.get("flags"))
                .isEqualTo("%x %x %x %x %x %x %x %x %x"
                        .formatted(
                                NodeRequest.GetAttributes.FLAG_HANDLE,
                                NodeRequest.SetAttributes.WITH_HANDLE
                                        | NodeRequest.SetAttributes.SET_SIZE
                                        | NodeRequest.SetAttributes.KILL_PRIVILEGES,
                                NodeRequest.SetAttributes.ACCESSED_NOW | NodeRequest.SetAttributes.MODIFIED_NOW,
                                FileRequest.Write.KILL_PRIVILEGES,
                                FileRequest.Open.KILL_PRIVILEGES,
                                FileRequest.Release.UNLOCK,
                                FuseReplies.OpenOut.DIRECT_IO
                                        | FuseReplies.OpenOut.KEEP_CACHE
                                        | FuseReplies.OpenOut.CACHE_FOLDER,
                                LockRequest.FLAG_BSD,
                                FuseInitOut.WRITEBACK_CACHE));
        then(KERNEL.get("opcodes"))
                .isEqualTo("%d %d %d %d %d %d %d %d %d %d %d %d"
                        .formatted(
                                FuseOpcode.LOOKUP,
                                FuseOpcode.STATFS,
                                FuseOpcode.RELEASE,
                                FuseOpcode.SETXATTR,
                                FuseOpcode.INIT,
                                FuseOpcode.INTERRUPT,
                                FuseOpcode.BATCH_FORGET,
                                FuseOpcode.READDIRPLUS,
                                FuseOpcode.RENAME2,
                                FuseOpcode.COPY_FILE_RANGE,
                                FuseOpcode.SYNCFS,
                                FuseOpcode.TMPFILE));
        then(KERNEL.get("notify"))
                .isEqualTo(FuseNotifications.INVAL_INODE + " " + FuseNotifications.INVAL_ENTRY + " "
                        + FuseNotifications.DELETE);
    }

    @Test
    void notifications_are_the_kernels_structs_behind_a_header_with_a_positive_code() throws IOException {
        List<String> sent = new java.util.ArrayList<>();
        FuseNotifications notifications = new FuseNotifications(m -> sent.add(hex(m)));

        notifications.invalidateInode(42, 0, Notifier.TO_END);
        notifications.invalidateEntry(1, name("foo.txt"));
        notifications.delete(1, 42, name("foo.txt"));

        String name = "666f6f2e74787400";
        then(sent)
                .containsExactly(
                        "28000000" + "02000000" + "0000000000000000" + KERNEL.get("fuse_notify_inval_inode_out"),
                        "28000000" + "03000000" + "0000000000000000" + KERNEL.get("fuse_notify_inval_entry_out") + name,
                        "30000000" + "06000000" + "0000000000000000" + KERNEL.get("fuse_notify_delete_out") + name);
    }

    private static String hex(ByteBuffer message) {
        byte[] bytes = new byte[message.remaining()];
        message.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void every_struct_that_is_cut_short_is_refused_whatever_it_is_cut_to() {
        for (int opcode = 0; opcode < 60; opcode++) {
            byte[] whole = new byte[100];
            whole[90] = 'a';
            int shortest = shortestThatIsTaken(opcode, whole);
            for (int length = 0; length < shortest; length++) {
                FuseBody body = new FuseBody(ByteBuffer.wrap(whole, 0, length));
                int code = opcode;
                thenThrownBy(() -> FuseDecoder.decode(code, body)).isInstanceOf(IOException.class);
            }
        }
    }

    private static int shortestThatIsTaken(int opcode, byte[] whole) {
        for (int length = 0; length < whole.length; length++) {
            try {
                FuseRequest request = FuseDecoder.decode(opcode, new FuseBody(ByteBuffer.wrap(whole, 0, length)));
                then(request).isNotNull();
                return length;
            } catch (IOException e) {
                then(e).isInstanceOfAny(MalformedRequestException.class, dev.thaw.devices.host.ErrnoException.class);
            }
        }
        return whole.length;
    }
}
