// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import com.sun.jna.Native;
import java.nio.ByteBuffer;

/** What it takes to mount with this machine's own kernel. Buffers are direct ones, used from their beginning. */
final class TestLibC {
    static final int O_RDWR = 2;
    static final int O_CLOEXEC = 0x80000;
    static final int MNT_DETACH = 2;
    static final int EINTR = 4;
    static final int ENOENT = 2;
    static final int ENODEV = 19;

    static {
        Native.register(TestLibC.class, "c");
    }

    private TestLibC() {}

    static native int open(String path, int flags);

    static native int close(int descriptor);

    static native long read(int descriptor, ByteBuffer into, long bytes);

    static native long write(int descriptor, ByteBuffer from, long bytes);

    static native int mount(String source, String target, String type, long flags, String data);

    static native int umount2(String target, int flags);
}
