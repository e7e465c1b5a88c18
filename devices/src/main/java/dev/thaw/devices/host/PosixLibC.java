// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import com.sun.jna.Native;

/**
 * Functions that the C libraries of 64-bit Linux and macOS have alike; what they return is a failure if negative, and then
 * the errno counts. Addresses are numbers: JNA passes these fastest.
 */
final class PosixLibC {
    static {
        Native.register(PosixLibC.class, "c");
    }

    private PosixLibC() {}

    static native int geteuid();

    static native int getegid();

    static native int close(int descriptor);

    static native long pread(int descriptor, long buffer, long count, long offset);

    static native long pwrite(int descriptor, long buffer, long count, long offset);

    static native int mkdirat(int folder, long name, int mode);

    static native int unlinkat(int folder, long name, int flags);

    static native int symlinkat(long target, int folder, long name);

    static native long readlinkat(int folder, long name, long buffer, long bufferBytes);

    static native int linkat(int folder, long name, int newFolder, long newName, int flags);

    static native int ftruncate(int descriptor, long size);

    static native int fsync(int descriptor);

    static native long lseek(int descriptor, long offset, int whence);

    static native int flock(int descriptor, int operation);

    static native int utimensat(int folder, long name, long times, int flags);
}
