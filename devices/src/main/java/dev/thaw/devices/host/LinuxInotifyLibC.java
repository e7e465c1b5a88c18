// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import com.sun.jna.Native;
import java.nio.ByteBuffer;

/**
 * Functions of the C library on 64-bit Linux that watching takes; what they return is a failure if negative, and then
 * the errno counts. Buffers are direct ones, used from their beginning. Constants have the values that x86-64, aarch64
 * and riscv64 share.
 */
final class LinuxInotifyLibC {
    // sys/inotify.h and sys/eventfd.h: O_CLOEXEC and O_NONBLOCK
    static final int IN_CLOEXEC = 0x80000;
    static final int IN_NONBLOCK = 0x800;
    static final int EFD_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;
    // asm-generic/ioctls.h
    static final long FIONREAD = 0x541b;
    // poll.h, struct pollfd
    static final short POLLIN = 1;
    static final int POLLFD_FD = 0, POLLFD_EVENTS = 4, POLLFD_SIZE = 8;

    static {
        Native.register(LinuxInotifyLibC.class, "c");
    }

    private LinuxInotifyLibC() {}

    static native int inotify_init1(int flags);

    static native int inotify_add_watch(int descriptor, byte[] path, int mask);

    static native int inotify_rm_watch(int descriptor, int watch);

    static native int eventfd(int value, int flags);

    static native int poll(ByteBuffer descriptors, long count, int timeoutMillis);

    static native long read(int descriptor, ByteBuffer into, long bytes);

    static native long write(int descriptor, ByteBuffer from, long bytes);

    static native int ioctl(int descriptor, long request, ByteBuffer argument);

    static native int close(int descriptor);
}
