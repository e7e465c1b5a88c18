// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import static dev.thaw.devices.host.LinuxLibC.*;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Attributes and extended attributes on Linux. */
final class LinuxAttributes {
    /** struct statx. Source: linux/stat.h. A time is 8 bytes of seconds and 4 of nanoseconds. */
    private static final int MASK = Scratch.S, IO_BYTES = MASK + 4, LINKS = MASK + 16, UID = MASK + 20, GID = MASK + 24;

    private static final int MODE = MASK + 28, INODE = MASK + 32, SIZE = MASK + 40, BLOCKS = MASK + 48;
    private static final int ACCESSED = MASK + 64, BORN = MASK + 80, CHANGED = MASK + 96, MODIFIED = MASK + 112;
    private static final int SPECIAL_MAJOR = MASK + 128, SPECIAL_MINOR = MASK + 132;
    private static final int DEVICE_MAJOR = MASK + 136, DEVICE_MINOR = MASK + 140;

    /** What Linux allows a value, or a list of names, to have. Source: linux/limits.h. */
    private static final int XATTR_MAX = 65536;

    private final Checked checked;
    private final Supplier<Scratch> scratch;

    LinuxAttributes(Checked checked, Supplier<Scratch> scratch) {
        this.checked = checked;
        this.scratch = scratch;
    }

    /** @param name an address in the thread's scratch memory */
    HostStat stat(int folder, long name, int flags, Object subject) throws ErrnoException {
        Scratch args = scratch.get();
        int result;
        do {
            result = LinuxLibC.statx(folder, name, flags, STATX_BASIC_STATS_AND_BTIME, args.struct());
        } while (result < 0 && checked.again("statx", subject));
        ByteBuffer b = args.memory;
        boolean born = (b.getInt(MASK) & STATX_BTIME) != 0;
        return new HostStat(
                (long) b.getInt(DEVICE_MAJOR) << 32 | Integer.toUnsignedLong(b.getInt(DEVICE_MINOR)),
                b.getLong(INODE),
                Short.toUnsignedInt(b.getShort(MODE)),
                Integer.toUnsignedLong(b.getInt(LINKS)),
                b.getInt(UID),
                b.getInt(GID),
                special(b.getInt(SPECIAL_MAJOR), b.getInt(SPECIAL_MINOR)),
                b.getLong(SIZE),
                b.getLong(BLOCKS),
                b.getInt(IO_BYTES),
                born ? b.getLong(BORN) : 0,
                born ? b.getInt(BORN + 8) : 0,
                b.getLong(ACCESSED),
                b.getInt(ACCESSED + 8),
                b.getLong(MODIFIED),
                b.getInt(MODIFIED + 8),
                b.getLong(CHANGED),
                b.getInt(CHANGED + 8));
    }

    /** As the kernel packs a device's number into 32 bits. Source: linux/kdev_t.h, new_encode_dev. */
    private static int special(int major, int minor) {
        return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
    }

    /** Two of struct timespec. */
    void setTimes(int folder, byte[] name, HostTimes times, int flags) throws ErrnoException {
        Scratch args = scratch.get();
        long path = args.first(name);
        args.memory
                .putLong(Scratch.S, times.accessedSeconds())
                .putLong(Scratch.S + 8, nanos(times.accessedNanos()))
                .putLong(Scratch.S + 16, times.modifiedSeconds())
                .putLong(Scratch.S + 24, nanos(times.modifiedNanos()));
        int result;
        do {
            result = PosixLibC.utimensat(folder, path, args.struct(), flags);
        } while (result < 0 && checked.again("utimensat", name));
    }

    private static long nanos(int nanos) {
        return nanos == HostTimes.NOW ? UTIME_NOW : nanos == HostTimes.OMIT ? UTIME_OMIT : nanos;
    }

    /** struct statvfs of 64-bit C libraries. Source: bits/statvfs.h. */
    HostSpace space(Descriptor any) throws ErrnoException {
        Scratch args = scratch.get();
        int result;
        do {
            result = LinuxLibC.fstatvfs(any.number(), args.struct());
        } while (result < 0 && checked.again("fstatvfs", "descriptor " + any.number()));
        ByteBuffer b = args.memory;
        int at = Scratch.S;
        return new HostSpace(
                b.getLong(at + 8),
                b.getLong(at + 16),
                b.getLong(at + 24),
                b.getLong(at + 32),
                b.getLong(at + 40),
                b.getLong(at + 48),
                b.getLong(at + 80));
    }

    // ---- extended ones ----

    byte[] get(Descriptor any, byte[] name) throws ErrnoException {
        Scratch args = scratch.get();
        long path = args.first(LinuxFiles.magicLink(any));
        long key = args.second(name);
        long length;
        do {
            length = LinuxLibC.getxattr(path, key, args.bulkAddress(), XATTR_MAX);
        } while (length < 0 && checked.again("getxattr", name));
        return bulk(args, length);
    }

    List<byte[]> list(Descriptor any) throws ErrnoException {
        Scratch args = scratch.get();
        long path = args.first(LinuxFiles.magicLink(any));
        long length;
        do {
            length = LinuxLibC.listxattr(path, args.bulkAddress(), XATTR_MAX);
        } while (length < 0 && checked.again("listxattr", "descriptor " + any.number()));
        return split(bulk(args, length));
    }

    private static List<byte[]> split(byte[] names) {
        List<byte[]> list = new ArrayList<>();
        int from = 0;
        for (int at = 0; at < names.length; at++) {
            if (names[at] == 0) {
                list.add(Arrays.copyOfRange(names, from, at));
                from = at + 1;
            }
        }
        return list;
    }

    void set(Descriptor any, byte[] name, byte[] value, int mode) throws ErrnoException {
        if (value.length > XATTR_MAX) {
            throw new ErrnoException(Errno.E2BIG, "setxattr", name);
        }
        Scratch args = scratch.get();
        long path = args.first(LinuxFiles.magicLink(any));
        long key = args.second(name);
        args.bulk().put(0, value);
        int result;
        do {
            result = LinuxLibC.setxattr(path, key, args.bulkAddress(), value.length, mode);
        } while (result < 0 && checked.again("setxattr", name));
    }

    void remove(Descriptor any, byte[] name) throws ErrnoException {
        Scratch args = scratch.get();
        long path = args.first(LinuxFiles.magicLink(any));
        long key = args.second(name);
        int result;
        do {
            result = LinuxLibC.removexattr(path, key);
        } while (result < 0 && checked.again("removexattr", name));
    }

    private static byte[] bulk(Scratch args, long length) {
        byte[] bytes = new byte[(int) length];
        args.bulk().get(0, bytes);
        return bytes;
    }
}
