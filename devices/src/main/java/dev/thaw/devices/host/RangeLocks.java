// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Locks on ranges that belong to an open file, which Linux calls open file description locks. Sources: fcntl(2); XNU's
 * sys/fcntl.h, whose public part has not their numbers. Not verified on macOS.
 */
final class RangeLocks {
    private final Numbers numbers;
    private final Fcntl fcntl;
    private final Checked checked;
    private final Supplier<Scratch> scratch;

    /** Which numbers the host has for what. */
    record Numbers(int setLock, int getLock, short read, short write, short unlock, Flock flock) {}

    /** Offsets in struct flock. */
    record Flock(int type, int whence, int start, int length, int pid) {}

    /** The call, with the address of a struct flock. */
    interface Fcntl {
        int call(int descriptor, int command, long flock);
    }

    RangeLocks(Numbers numbers, Fcntl fcntl, Checked checked, Supplier<Scratch> scratch) {
        this.numbers = numbers;
        this.fcntl = fcntl;
        this.checked = checked;
        this.scratch = scratch;
    }

    boolean lock(Descriptor file, HostLock lock) throws ErrnoException {
        return set(file, type(lock), lock.start(), lock.end());
    }

    void unlock(Descriptor file, long start, long end) throws ErrnoException {
        set(file, numbers.unlock, start, end);
    }

    private short type(HostLock lock) {
        return lock.exclusive() ? numbers.write : numbers.read;
    }

    private boolean set(Descriptor file, short type, long start, long end) throws ErrnoException {
        long flock = fill(type, start, end).struct();
        while (fcntl.call(file.number(), numbers.setLock, flock) < 0) {
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
        Scratch args = fill(type(lock), lock.start(), lock.end());
        long flock = args.struct();
        int result;
        do {
            result = fcntl.call(file.number(), numbers.getLock, flock);
        } while (result < 0 && checked.again("F_OFD_GETLK", lock));
        ByteBuffer b = args.memory;
        short type = b.getShort(at(numbers.flock.type));
        if (type == numbers.unlock) {
            return Optional.empty();
        }
        long start = b.getLong(at(numbers.flock.start));
        long length = b.getLong(at(numbers.flock.length));
        return Optional.of(
                new HostLock(type == numbers.write, start, length == 0 ? Long.MAX_VALUE : start + length - 1));
    }

    private Scratch fill(short type, long start, long end) {
        Scratch args = scratch.get();
        args.memory
                .putShort(at(numbers.flock.type), type)
                .putShort(at(numbers.flock.whence), (short) 0)
                .putLong(at(numbers.flock.start), start)
                .putLong(at(numbers.flock.length), end == Long.MAX_VALUE ? 0 : end - start + 1)
                .putInt(at(numbers.flock.pid), 0);
        return args;
    }

    private static int at(int offset) {
        return Scratch.S + offset;
    }
}
