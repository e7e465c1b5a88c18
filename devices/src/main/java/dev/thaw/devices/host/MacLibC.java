// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Map;
import java.util.Set;

/**
 * Functions and constants of macOS. Not verified: written from the manual pages and headers that are named below.
 *
 * <p>What takes variable arguments gets them twice, in the next register, where x86-64 looks for them, and behind all
 * registers, where Apple's ARM64 convention has them: JNA's direct mapping only knows fixed ones.
 */
final class MacLibC {
    // sys/fcntl.h
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_NONBLOCK = 4;
    static final int O_APPEND = 8;
    static final int O_SYNC = 0x80;
    static final int O_NOFOLLOW = 0x100;
    static final int O_CREAT = 0x200;
    static final int O_EXCL = 0x800;
    static final int O_EVTONLY = 0x8000;
    static final int O_NOCTTY = 0x20000;
    static final int O_DIRECTORY = 0x100000;
    static final int O_SYMLINK = 0x200000;
    static final int O_CLOEXEC = 0x1000000;
    static final int O_NOFOLLOW_ANY = 0x20000000;
    static final int AT_FDCWD = -2;
    static final int AT_SYMLINK_NOFOLLOW = 0x20;
    static final int AT_REMOVEDIR = 0x80;
    static final int F_GETPATH = 50;
    static final int F_OFD_SETLK = 90;
    static final int F_OFD_GETLK = 92;
    static final short F_RDLCK = 1;
    static final short F_UNLCK = 2;
    static final short F_WRLCK = 3;
    // sys/stat.h
    static final long UTIME_NOW = -1;
    static final long UTIME_OMIT = -2;
    // sys/unistd.h; the other way round than on Linux
    static final int SEEK_HOLE = 3;
    static final int SEEK_DATA = 4;
    // sys/stdio.h
    static final int RENAME_SWAP = 2;
    static final int RENAME_EXCL = 4;
    // sys/xattr.h
    static final int XATTR_CREATE = 2;
    static final int XATTR_REPLACE = 4;

    /** On x86-64 the plain names are those of the time before inode numbers had 64 bits. */
    private static final Set<String> RENAMED = System.getProperty("os.arch").equals("aarch64")
            ? Set.of()
            : Set.of("fstat", "fstatat", "fdopendir", "readdir");

    static {
        FunctionMapper names =
                (library, method) -> method.getName() + (RENAMED.contains(method.getName()) ? "$INODE64" : "");
        Native.register(MacLibC.class, NativeLibrary.getInstance("c", Map.of(Library.OPTION_FUNCTION_MAPPER, names)));
    }

    private MacLibC() {}

    static native int openat(
            int folder, long name, int flags, long mode, long u5, long u6, long u7, long u8, long modeOnStack);

    static native int fcntl(
            int descriptor, int command, long argument, long u4, long u5, long u6, long u7, long u8, long onStack);

    static native int fstatat(int folder, long name, long buffer, int flags);

    static native int fstat(int descriptor, long buffer);

    static native int fchmod(int descriptor, int mode);

    static native int futimens(int descriptor, long times);

    static native int mkfifoat(int folder, long name, int mode);

    static native int renameatx_np(int folder, long name, int newFolder, long newName, int flags);

    static native int dup(int descriptor);

    static native long fdopendir(int descriptor);

    static native void rewinddir(long stream);

    static native long readdir(long stream);

    static native int closedir(long stream);

    static native int fstatvfs(int descriptor, long buffer);

    static native long fgetxattr(int descriptor, long name, long value, long bytes, int position, int options);

    static native long flistxattr(int descriptor, long names, long bytes, int options);

    static native int fsetxattr(int descriptor, long name, long value, long bytes, int position, int options);

    static native int fremovexattr(int descriptor, long name, int options);
}
