// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import com.sun.jna.Native;
import java.nio.ByteBuffer;

/**
 * Functions of the C library on 64-bit Linux; what they return is a failure if negative, and then the errno counts.
 * Constants have the values that x86-64, aarch64 and riscv64 share.
 */
final class LinuxLibC {
    // fcntl.h; O_NOFOLLOW and O_LARGEFILE are others on aarch64, so links are refused before a file is opened.
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    // unistd.h
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;
    // linux/falloc.h
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    // linux/fs.h
    static final long FICLONE = 0x40049409L;
    static final long FICLONERANGE = 0x4020940dL;
    static final long FS_IOC_FIEMAP = 0xc020660bL;

    static {
        Native.register(LinuxLibC.class, "c");
    }

    private LinuxLibC() {}

    static native int open(byte[] path, int flags);

    static native int close(int descriptor);

    static native long lseek(int descriptor, long offset, int whence);

    static native int fallocate(int descriptor, int mode, long offset, long length);

    static native int ioctl(int descriptor, long request, long argument);

    /** The buffer is a direct one. */
    static native int ioctl(int descriptor, long request, ByteBuffer argument);
}
