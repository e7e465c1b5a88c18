// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.OpenMode;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;

/**
 * How a guest's program opens. Source: Linux, asm-generic/fcntl.h; these are the same on x86-64 and aarch64. O_DIRECT,
 * which is not, is the guest's own business: its kernel goes past its cache by itself.
 */
final class OpenFlags {
    static final int ACCESS_MODE = 3;
    static final int READ_ONLY = 0;
    static final int WRITE_ONLY = 1;
    static final int READ_WRITE = 2;
    static final int EXCLUSIVE = 0200;
    static final int TRUNCATE = 01000;
    static final int APPEND = 02000;
    static final int DATA_SYNC = 010000;

    private OpenFlags() {}

    static boolean truncates(int flags) {
        return (flags & TRUNCATE) != 0;
    }

    static OpenMode mode(int flags, boolean direct) throws ErrnoException {
        int access = flags & ACCESS_MODE;
        if (access > READ_WRITE) {
            throw new ErrnoException(Errno.EINVAL, "open", "with flags 0" + Integer.toOctalString(flags));
        }
        return new OpenMode(
                access != WRITE_ONLY,
                access != READ_ONLY,
                (flags & APPEND) != 0,
                truncates(flags),
                direct,
                (flags & DATA_SYNC) != 0);
    }
}
