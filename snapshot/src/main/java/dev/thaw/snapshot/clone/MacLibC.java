// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import com.sun.jna.Native;
import java.nio.ByteBuffer;

/**
 * Functions of macOS's C library; what they return is a failure if negative, and then the errno counts. Not verified:
 * written from the manual pages and headers that are named below.
 */
final class MacLibC {
    // sys/fcntl.h
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_NONBLOCK = 4;
    static final int O_NOFOLLOW = 0x100;
    static final int O_CLOEXEC = 0x1000000;
    static final int F_PUNCHHOLE = 99;
    // sys/unistd.h; the other way round than on Linux
    static final int SEEK_HOLE = 3;
    static final int SEEK_DATA = 4;
    // sys/clonefile.h
    static final int CLONE_NOFOLLOW = 1;
    static final int CLONE_NOOWNERCOPY = 2;
    // sys/attr.h
    static final int ATTR_BIT_MAP_COUNT = 5;
    static final int ATTR_CMN_RETURNED_ATTRS = 0x80000000;
    static final int ATTR_FILE_ALLOCSIZE = 4;
    static final int ATTR_CMNEXT_PRIVATESIZE = 8;
    static final int FSOPT_ATTR_CMN_EXTENDED = 0x20;

    static {
        Native.register(MacLibC.class, "c");
    }

    private MacLibC() {}

    static native int open(byte[] path, int flags);

    static native int close(int descriptor);

    static native long lseek(int descriptor, long offset, int whence);

    static native int clonefile(byte[] from, byte[] to, int flags);

    /**
     * {@code fcntl} takes its third argument as a variable one. Apple's ARM64 calling convention passes these on the
     * stack, x86-64's in the next register, and JNA's direct mapping only knows fixed ones. So the argument is passed
     * twice, as the third and, behind all registers of ARM64, as the ninth: each kernel's side finds its own.
     */
    static native int fcntl(
            int descriptor,
            int command,
            ByteBuffer inRegister,
            long unused4,
            long unused5,
            long unused6,
            long unused7,
            long unused8,
            ByteBuffer onStack);

    static native int fgetattrlist(
            int descriptor, ByteBuffer attributeList, ByteBuffer buffer, long bufferBytes, long options);
}
