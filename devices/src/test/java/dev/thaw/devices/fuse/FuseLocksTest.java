// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.FileService;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.testing.MemoryTree;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FuseLocksTest {
    private final FileService service = FileService.start(2);
    private final MemoryTree tree = new MemoryTree();
    private final FuseServer server = new FuseServer(
            tree, FuseOptions.defaults().withLimits(4, 2), service.executor(), node -> true, Notifier.NONE);
    private final FuseGuest guest = FuseGuest.begun(server);

    @AfterEach
    void close() throws IOException {
        server.close();
        then(guest.wrongs()).isEmpty();
        service.close();
        tree.close();
    }

    @Test
    void who_waits_for_a_lock_gets_it_when_it_is_given_back() {
        long[] file = guest.create("file");
        then(FuseGuest.await(guest.beginLock(FuseOpcode.SETLK, file[1], 1, LockRequest.WRITE_LOCK))
                        .errno())
                .isZero();
        then(FuseGuest.await(guest.beginLock(FuseOpcode.SETLK, file[1], 2, LockRequest.WRITE_LOCK))
                        .errno())
                .isEqualTo(Errno.EAGAIN.linux());
        CompletableFuture<FuseGuest.Answer> waiting =
                guest.beginLock(FuseOpcode.SETLKW, file[1], 2, LockRequest.WRITE_LOCK);
        then(waiting).isNotDone();
        then(server.counters().waitingLocks()).isEqualTo(1);

        then(guest.beginLock(FuseOpcode.SETLK, file[1], 1, LockRequest.NO_LOCK)).isDone();

        then(FuseGuest.await(waiting).errno()).isZero();
        FuseGuest.Answer conflict =
                FuseGuest.await(guest.beginLock(FuseOpcode.GETLK, file[1], 1, LockRequest.READ_LOCK));
        then(conflict.i32(FuseReplies.LockOut.TYPE)).isEqualTo(LockRequest.WRITE_LOCK);
        then(conflict.i64(FuseReplies.LockOut.END)).isEqualTo(Long.MAX_VALUE);
        then(server.counters().waitingLocks()).isZero();
    }

    @Test
    void a_signal_ends_the_wait_for_a_lock_and_the_lock_is_not_taken() {
        long[] file = guest.create("file");
        FuseGuest.await(guest.beginLock(FuseOpcode.SETLK, file[1], 1, LockRequest.WRITE_LOCK));
        byte[] lock = Fields.of()
                .i64(file[1], 2, 0, Long.MAX_VALUE)
                .i32(LockRequest.WRITE_LOCK, 42, 0, 0)
                .bytes();
        CompletableFuture<FuseGuest.Answer> waiting = guest.begin(777, FuseOpcode.SETLKW, 2, lock);

        FuseGuest.Answer interrupt =
                guest.call(FuseOpcode.INTERRUPT, 0, Fields.of().i64(777).bytes());

        then(interrupt.body()).as("an interrupt has no answer").isNull();
        then(FuseGuest.await(waiting).errno()).isEqualTo(Errno.EINTR.linux());
        then(guest.beginLock(FuseOpcode.SETLK, file[1], 1, LockRequest.NO_LOCK)).isDone();
        then(FuseGuest.await(guest.beginLock(FuseOpcode.SETLK, file[1], 3, LockRequest.WRITE_LOCK))
                        .errno())
                .isZero();
    }

    @Test
    void waits_for_locks_are_bounded_and_end_with_the_server() throws IOException {
        long[] file = guest.create("file");
        FuseGuest.await(guest.beginLock(FuseOpcode.SETLK, file[1], 1, LockRequest.WRITE_LOCK));
        CompletableFuture<FuseGuest.Answer> first =
                guest.beginLock(FuseOpcode.SETLKW, file[1], 2, LockRequest.WRITE_LOCK);
        CompletableFuture<FuseGuest.Answer> second =
                guest.beginLock(FuseOpcode.SETLKW, file[1], 3, LockRequest.WRITE_LOCK);

        then(FuseGuest.await(guest.beginLock(FuseOpcode.SETLKW, file[1], 4, LockRequest.WRITE_LOCK))
                        .errno())
                .isEqualTo(Errno.ENOLCK.linux());
        then(server.wantsMore())
                .as("waits do not stop the transport: unlocks have to get through")
                .isTrue();
        server.close();
        then(FuseGuest.await(first).errno()).isEqualTo(Errno.EINTR.linux());
        then(FuseGuest.await(second).errno()).isEqualTo(Errno.EINTR.linux());
    }

    @Test
    void a_bsd_lock_is_free_as_soon_as_its_file_was_closed() {
        long[] file = guest.create("file");
        CountDownLatch disk = new CountDownLatch(1);
        byte[] lock = Fields.of()
                .i64(file[1], 9, 0, Long.MAX_VALUE)
                .i32(LockRequest.WRITE_LOCK, 42, LockRequest.FLAG_BSD, 0)
                .bytes();
        guest.call(FuseOpcode.SETLK, file[0], lock);
        tree.holdDisk(disk);
        then(guest.beginRead(file[1], 0, 1)).isNotDone();
        then(guest.beginRead(file[1], 0, 1)).isNotDone();

        byte[] release = Fields.of()
                .i64(file[1])
                .i32(0, FileRequest.Release.UNLOCK)
                .i64(9)
                .bytes();
        then(guest.begin(FuseOpcode.RELEASE, file[0], release)).isNotDone();

        lock[8] = 10;
        then(guest.call(FuseOpcode.SETLK, file[0], lock).errno()).isZero();
        disk.countDown();
    }
}
