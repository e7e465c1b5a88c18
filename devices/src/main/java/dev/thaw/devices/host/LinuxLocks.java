// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import static dev.thaw.devices.host.LinuxLibC.*;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;

/** Locks on ranges that belong to an open file, which Linux calls open file description locks. Source: fcntl(2). */
final class LinuxLocks {
    /** struct flock of 64-bit C libraries. */
    private static final int TYPE = Scratch.S, WHENCE = TYPE + 2, START = TYPE + 8, LENGTH = TYPE + 16, PID = TYPE + 24;

    private final Checked checked;
    private final Supplier<Scratch> scratch;

    LinuxLocks(Checked checked, Supplier<Scratch> scratch) {
        this.checked = checked;
        this.scratch = scratch;
    }

    boolean lock(Descriptor file, HostLock lock) throws ErrnoException {
        return set(file, lock.exclusive() ? F_WRLCK : F_RDLCK, lock.start(), lock.end());
    }

    void unlock(Descriptor file, long start, long end) throws ErrnoException {
        set(file, F_UNLCK, start, end);
    }

    private boolean set(Descriptor file, short type, long start, long end) throws ErrnoException {
        Scratch args = fill(type, start, end);
        while (LinuxLibC.fcntl(file.number(), F_OFD_SETLK, args.struct()) < 0) {
            Errno reason = checked.reason();
            if (reason == Errno.EAGAIN || reason == Errno.EACCES) {
                return false;
            } else if (reason != Errno.EINTR) {
                throw new ErrnoException(reason, "F_OFD_SETLK", start + " to " + end);
            }
        }
        return true;
    }

    Optional<HostLock> conflicting(Descriptor file, HostLock lock) throws ErrnoException {
        Scratch args = fill(lock.exclusive() ? F_WRLCK : F_RDLCK, lock.start(), lock.end());
        int result;
        do {
            result = LinuxLibC.fcntl(file.number(), F_OFD_GETLK, args.struct());
        } while (result < 0 && checked.again("F_OFD_GETLK", lock));
        ByteBuffer b = args.memory;
        short type = b.getShort(TYPE);
        if (type == F_UNLCK) {
            return Optional.empty();
        }
        long start = b.getLong(START);
        long length = b.getLong(LENGTH);
        return Optional.of(new HostLock(type == F_WRLCK, start, length == 0 ? Long.MAX_VALUE : start + length - 1));
    }

    private Scratch fill(short type, long start, long end) {
        Scratch args = scratch.get();
        args.memory
                .putShort(TYPE, type)
                .putShort(WHENCE, (short) 0)
                .putLong(START, start)
                .putLong(LENGTH, end == Long.MAX_VALUE ? 0 : end - start + 1)
                .putInt(PID, 0);
        return args;
    }
}
