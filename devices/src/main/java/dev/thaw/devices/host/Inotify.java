// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Linux's inotify: one queue of events. Source of the numbers and of the layout of events: Linux, linux/inotify.h.
 * Watches may be added and removed by any thread, one at a time reads. Whoever owns it sees to it that nothing is
 * called during or after the close, but for {@link #wake}.
 */
public final class Inotify implements AutoCloseable {
    public static final int MODIFY = 0x2, ATTRIB = 0x4, MOVED_FROM = 0x40, MOVED_TO = 0x80, CREATE = 0x100;
    public static final int DELETE = 0x200, DELETE_SELF = 0x400, MOVE_SELF = 0x800;
    public static final int UNMOUNT = 0x2000, Q_OVERFLOW = 0x4000, IGNORED = 0x8000;
    public static final int ONLYDIR = 0x0100_0000, ISDIR = 0x4000_0000;

    /** struct inotify_event: these, and a name with NULs behind it, whose length LENGTH tells. */
    public static final int EVENT_WATCH = 0, EVENT_MASK = 4, EVENT_COOKIE = 8, EVENT_LENGTH = 12, EVENT_SIZE = 16;

    private final int queue;
    private final int wakeup;
    private boolean closed;

    private Inotify(int queue, int wakeup) {
        this.queue = queue;
        this.wakeup = wakeup;
    }

    /**
     * Makes a queue.
     *
     * @throws ErrnoException EMFILE if the user has as many as the host allows
     */
    public static Inotify open() throws ErrnoException {
        int queue = LinuxInotifyLibC.inotify_init1(LinuxInotifyLibC.IN_CLOEXEC | LinuxInotifyLibC.IN_NONBLOCK);
        check(queue, "inotify_init1", "");
        int wakeup = LinuxInotifyLibC.eventfd(0, LinuxInotifyLibC.EFD_CLOEXEC | LinuxInotifyLibC.EFD_NONBLOCK);
        if (wakeup < 0) {
            ErrnoException failure = failure("eventfd", "");
            LinuxInotifyLibC.close(queue);
            throw failure;
        }
        return new Inotify(queue, wakeup);
    }

    private static void check(long result, String call, String subject) throws ErrnoException {
        if (result < 0) {
            throw failure(call, subject);
        }
    }

    /** At once after the call, before anything else changes the errno. */
    private static ErrnoException failure(String call, String subject) {
        return new ErrnoException(Errno.of(Native.getLastError(), false), call, subject);
    }

    /**
     * Watches what a path leads to, links followed. The same file has the same number, and the mask of its last
     * addition.
     *
     * @throws ErrnoException ENOSPC if the user has as many watches as the host allows
     */
    public int add(String path, int mask) throws ErrnoException {
        byte[] bytes = (path + '\0').getBytes(StandardCharsets.UTF_8);
        int watch = LinuxInotifyLibC.inotify_add_watch(queue, bytes, mask);
        check(watch, "inotify_add_watch", path);
        return watch;
    }

    /** Ends a watch. Does nothing if that has ended with its file. */
    public void remove(int watch) throws ErrnoException {
        if (LinuxInotifyLibC.inotify_rm_watch(queue, watch) < 0) {
            ErrnoException failure = failure("inotify_rm_watch", "watch " + watch);
            if (failure.errno() != Errno.EINVAL) {
                throw failure;
            }
        }
    }

    /** How many bytes of events are queued. */
    public int available() throws ErrnoException {
        ByteBuffer count = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
        check(LinuxInotifyLibC.ioctl(queue, LinuxInotifyLibC.FIONREAD, count), "ioctl(FIONREAD)", "of inotify");
        return count.getInt(0);
    }

    /**
     * Fills a direct buffer in the host's byte order with whole events, without waiting.
     *
     * @return how many bytes, 0 if there is no event
     */
    public int read(ByteBuffer into) throws ErrnoException {
        long got = LinuxInotifyLibC.read(queue, into.clear(), into.capacity());
        if (got < 0) {
            ErrnoException failure = failure("read", "of inotify");
            if (failure.errno() == Errno.EAGAIN || failure.errno() == Errno.EINTR) {
                got = 0;
            } else {
                throw failure;
            }
        }
        into.limit((int) got);
        return (int) got;
    }

    /** Waits until there are events, {@link #wake} was called, or the time is over. */
    public void await(Duration timeout) throws ErrnoException {
        int size = LinuxInotifyLibC.POLLFD_SIZE;
        ByteBuffer both = ByteBuffer.allocateDirect(2 * size).order(ByteOrder.nativeOrder());
        both.putInt(LinuxInotifyLibC.POLLFD_FD, queue);
        both.putShort(LinuxInotifyLibC.POLLFD_EVENTS, LinuxInotifyLibC.POLLIN);
        both.putInt(size + LinuxInotifyLibC.POLLFD_FD, wakeup);
        both.putShort(size + LinuxInotifyLibC.POLLFD_EVENTS, LinuxInotifyLibC.POLLIN);
        if (LinuxInotifyLibC.poll(both, 2, (int) timeout.toMillis()) < 0) {
            ErrnoException failure = failure("poll", "of inotify");
            if (failure.errno() != Errno.EINTR) {
                throw failure;
            }
        }
    }

    /** Ends all waits from now on. */
    public synchronized void wake() throws ErrnoException {
        if (!closed) {
            ByteBuffer one = ByteBuffer.allocateDirect(Long.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .putLong(0, 1);
            check(LinuxInotifyLibC.write(wakeup, one, Long.BYTES), "write", "to eventfd");
        }
    }

    @Override
    public synchronized void close() throws ErrnoException {
        if (!closed) {
            closed = true;
            int first = LinuxInotifyLibC.close(queue);
            int second = LinuxInotifyLibC.close(wakeup);
            check(Math.min(first, second), "close", "of inotify");
        }
    }
}
