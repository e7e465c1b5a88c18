// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import com.sun.jna.Native;
import dev.thaw.devices.FuseExchange;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A server mounted by this machine's own kernel: reads /dev/fuse by one thread, as the relay in a guest does. Takes
 * root.
 */
final class KernelMount implements AutoCloseable {
    private static final int MESSAGE_BYTES = (1 << 20) + 4096;

    final AtomicIntegerArray requests = new AtomicIntegerArray(64);
    /** What the kernel refused replies with. */
    final List<Integer> refused = new CopyOnWriteArrayList<>();

    private final AtomicInteger unanswered = new AtomicInteger();
    private final Path folder;
    private final FuseServer server;
    private final int device;
    private final Thread thread;

    KernelMount(Path folder, FuseServer server) {
        this.folder = folder;
        this.server = server;
        device = TestLibC.open("/dev/fuse", TestLibC.O_RDWR | TestLibC.O_CLOEXEC);
        check(device, "open /dev/fuse");
        thread = new Thread(this::serve, "fuse-test");
        thread.setDaemon(true);
        String options = "fd=" + device + ",rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other";
        check(TestLibC.mount("thaw-test", folder.toString(), "fuse.thaw", 0, options), "mount");
        thread.start();
    }

    private static void check(long result, String what) {
        if (result < 0) {
            throw new AssertionError(what + ": errno " + Native.getLastError());
        }
    }

    private void serve() {
        ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
        while (true) {
            long got = TestLibC.read(device, message.clear(), MESSAGE_BYTES);
            int errno = Native.getLastError();
            if (got > 0) {
                ByteBuffer copy = ByteBuffer.allocate((int) got)
                        .put(message.limit((int) got))
                        .flip();
                requests.incrementAndGet(Math.min(63, Integer.reverseBytes(copy.getInt(4))));
                unanswered.incrementAndGet();
                server.request(new Exchange(copy));
            } else if (errno != TestLibC.EINTR && errno != TestLibC.ENOENT) {
                return; // ENODEV: unmounted
            }
        }
    }

    /** Gives a message to the kernel. Returns 0, or the errno that it is refused with. */
    int send(ByteBuffer message) {
        ByteBuffer direct =
                ByteBuffer.allocateDirect(message.remaining()).put(message).flip();
        return TestLibC.write(device, direct, direct.limit()) < 0 ? Native.getLastError() : 0;
    }

    private final class Exchange implements FuseExchange {
        private final ByteBuffer message;

        Exchange(ByteBuffer message) {
            this.message = message;
        }

        @Override
        public ByteBuffer request() {
            return message;
        }

        @Override
        public void reply(ByteBuffer... parts) {
            unanswered.decrementAndGet();
            int errno = send(parts[0]);
            // ENOENT: its program has been killed; ENODEV: all is unmounted
            if (errno != 0 && errno != TestLibC.ENOENT && errno != TestLibC.ENODEV) {
                refused.add(errno);
            }
        }

        @Override
        public void done() {
            unanswered.decrementAndGet();
        }
    }

    int unanswered() {
        return unanswered.get();
    }

    /** Unmounts. Replies may still come; the kernel does not want them any more. */
    void unmount() {
        check(TestLibC.umount2(folder.toString(), TestLibC.MNT_DETACH), "umount");
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** When no reply comes any more. */
    @Override
    public void close() {
        TestLibC.close(device);
    }
}
