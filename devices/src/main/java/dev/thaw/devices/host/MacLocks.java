// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import static dev.thaw.devices.host.MacLibC.*;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Locks on ranges that belong to an open file, on macOS. Not verified. Source: XNU's sys/fcntl.h, whose public part has not
 * their numbers.
 */
final class MacLocks {
    /** struct flock. Source: sys/fcntl.h. */
    private static final int START = Scratch.S, LENGTH = START + 8, PID = START + 16, TYPE = START + 20;

    private final Checked checked;
    private final Supplier<Scratch> scratch;

    MacLocks(Checked checked, Supplier<Scratch> scratch) {
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
        long lock = fill(type, start, end).struct();
        while (MacLibC.fcntl(file.number(), F_OFD_SETLK, lock, 0, 0, 0, 0, 0, lock) < 0) {
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
        long address = args.struct();
        int result;
        do {
            result = MacLibC.fcntl(file.number(), F_OFD_GETLK, address, 0, 0, 0, 0, 0, address);
        } while (result < 0 && checked.again("F_OFD_GETLK", lock));
        short type = args.memory.getShort(TYPE);
        if (type == F_UNLCK) {
            return Optional.empty();
        }
        long start = args.memory.getLong(START);
        long length = args.memory.getLong(LENGTH);
        return Optional.of(new HostLock(type == F_WRLCK, start, length == 0 ? Long.MAX_VALUE : start + length - 1));
    }

    private Scratch fill(short type, long start, long end) {
        Scratch args = scratch.get();
        args.memory
                .putLong(START, start)
                .putLong(LENGTH, end == Long.MAX_VALUE ? 0 : end - start + 1)
                .putInt(PID, 0)
                .putShort(TYPE, type)
                .putShort(TYPE + 2, (short) 0);
        return args;
    }
}
