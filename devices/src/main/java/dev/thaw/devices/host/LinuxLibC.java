// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import com.sun.jna.Native;

/**
 * Functions and constants of 64-bit Linux. Variable arguments are passed there like others. Constants have the values that
 * x86-64, aarch64 and riscv64 share, or are chosen by architecture.
 */
final class LinuxLibC {
    private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
    private static final boolean X86 = System.getProperty("os.arch").equals("amd64");

    // fcntl.h
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_NOCTTY = 0x100;
    static final int O_APPEND = 0x400;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    static final int O_SYNC = 0x101000;
    static final int O_PATH = 0x200000;
    static final int O_DIRECTORY = ARM ? 0x4000 : 0x10000;
    static final int O_NOFOLLOW = ARM ? 0x8000 : 0x20000;
    static final int AT_FDCWD = -100;
    static final int AT_SYMLINK_NOFOLLOW = 0x100;
    static final int AT_REMOVEDIR = 0x200;
    static final int AT_SYMLINK_FOLLOW = 0x400;
    static final int AT_NO_AUTOMOUNT = 0x800;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int F_OFD_GETLK = 36;
    static final int F_OFD_SETLK = 37;
    static final short F_RDLCK = 0;
    static final short F_WRLCK = 1;
    static final short F_UNLCK = 2;
    // linux/stat.h
    static final int STATX_BASIC_STATS_AND_BTIME = 0xfff;
    static final int STATX_BTIME = 0x800;
    static final long UTIME_NOW = 0x3fffffff;
    static final long UTIME_OMIT = 0x3ffffffe;
    // unistd.h
    static final int SEEK_SET = 0;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;
    // sys/file.h
    static final int LOCK_SH = 1;
    static final int LOCK_EX = 2;
    static final int LOCK_NB = 4;
    static final int LOCK_UN = 8;
    // linux/uio.h
    static final int RWF_NOWAIT = 8;
    // linux/openat2.h
    static final long RESOLVE_NO_MAGICLINKS = 2;
    static final long RESOLVE_NO_SYMLINKS = 4;
    static final long RESOLVE_BENEATH = 8;
    // asm/unistd.h
    static final long SYS_openat2 = 437;
    static final long SYS_getdents64 = X86 ? 217 : 61;

    static {
        Native.register(LinuxLibC.class, "c");
    }

    private LinuxLibC() {}

    static native long syscall(long number, long one, long two, long three, long four);

    static native int openat(int folder, long name, int flags, int mode);

    static native int statx(int folder, long name, int flags, int mask, long buffer);

    static native int chmod(long path, int mode);

    static native int mknodat(int folder, long name, int mode, long device);

    static native int renameat2(int folder, long name, int newFolder, long newName, int flags);

    static native long preadv2(int descriptor, long vector, int vectors, long offset, int flags);

    static native int fdatasync(int descriptor);

    static native int fallocate(int descriptor, int mode, long offset, long length);

    static native long copy_file_range(int from, long fromOffset, int to, long toOffset, long length, int flags);

    static native int fstatvfs(int descriptor, long buffer);

    static native int fcntl(int descriptor, int command, long argument);

    static native long getxattr(long path, long name, long value, long valueBytes);

    static native long listxattr(long path, long names, long nameBytes);

    static native int setxattr(long path, long name, long value, long valueBytes, int flags);

    static native int removexattr(long path, long name);
}
