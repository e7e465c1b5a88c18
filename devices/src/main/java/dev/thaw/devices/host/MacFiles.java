// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import static dev.thaw.devices.host.MacLibC.*;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * macOS. Not verified: no such machine was at hand. Written from the manual pages of the calls, XNU's sys/fcntl.h (locks of open
 * files, whose numbers are not in the public header) and sys/stat.h. There is nothing like {@code /proc/self/fd} and no way
 * to read without waiting; ranges are neither allocated nor copied here.
 */
final class MacFiles extends PosixFiles {
    private static final int ALWAYS = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    private static final int FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    private static final int XATTR_MAX = 65536;

    /** struct stat with inode numbers of 64 bits. Source: sys/stat.h. A time is 8 bytes of seconds and 8 of nanoseconds. */
    private static final int DEVICE = Scratch.S, MODE = DEVICE + 4, LINKS = DEVICE + 6, INODE = DEVICE + 8;

    private static final int UID = DEVICE + 16, GID = DEVICE + 20, SPECIAL = DEVICE + 24, ACCESSED = DEVICE + 32;
    private static final int MODIFIED = DEVICE + 48, CHANGED = DEVICE + 64, BORN = DEVICE + 80, SIZE = DEVICE + 96;
    private static final int BLOCKS = DEVICE + 104, IO_BYTES = DEVICE + 112;

    /** struct flock. Source: sys/fcntl.h. */
    private static final RangeLocks.Numbers LOCKS = new RangeLocks.Numbers(
            F_OFD_SETLK, F_OFD_GETLK, F_RDLCK, F_WRLCK, F_UNLCK, new RangeLocks.Flock(20, 22, 0, 8, 16));

    MacFiles() {
        super(new Checked(true), AT_REMOVEDIR, LOCKS, MacFiles::fcntl);
    }

    /** Its argument is a variable one; see {@link MacLibC#fcntl}. */
    private static int fcntl(int descriptor, int command, long flock) {
        return MacLibC.fcntl(descriptor, command, flock, 0, 0, 0, 0, 0, flock);
    }

    // ---- descriptors ----

    @Override
    public Descriptor openRoot(Path folder) throws IOException {
        return open(AT_FDCWD, bytes(folder.toAbsolutePath()), FOLDER, 0);
    }

    @Override
    public Descriptor openFolder(Descriptor root, byte[] path) throws ErrnoException {
        for (int from = 0, at = 0; at <= path.length; at++) {
            if (at == path.length || path[at] == '/') {
                byte[] name = Arrays.copyOfRange(path, from, at);
                if (name.length == 0 || Arrays.equals(name, new byte[] {'.', '.'})) {
                    throw new ErrnoException(Errno.EXDEV, "openat", path);
                }
                from = at + 1;
            }
        }
        return open(root.number(), path, FOLDER | O_NOFOLLOW_ANY, 0);
    }

    private Descriptor open(int folder, byte[] path, int flags, int mode) throws ErrnoException {
        long name = scratch().first(path);
        int number;
        do {
            number = MacLibC.openat(folder, name, flags, mode, 0, 0, 0, 0, mode);
        } while (number < 0 && checked.again("openat", path));
        return own(number);
    }

    @Override
    public Descriptor openListing(Descriptor folder) throws ErrnoException {
        return open(folder.number(), new byte[] {'.'}, FOLDER, 0);
    }

    @Override
    public Descriptor pin(Descriptor folder, byte[] name) throws ErrnoException {
        return open(folder.number(), name, O_EVTONLY | O_SYMLINK | ALWAYS, 0);
    }

    @Override
    public Descriptor open(Descriptor folder, byte[] name, int how, int permissions) throws ErrnoException {
        return open(folder.number(), name, flags(how) | O_NOFOLLOW, permissions);
    }

    /** By the path that the kernel knows, if it leads to the same file. */
    @Override
    public Descriptor reopen(Descriptor file, int how) throws ErrnoException {
        Descriptor opened = open(AT_FDCWD, path(file), flags(how) | O_NOFOLLOW_ANY, 0);
        HostStat stat = stat(opened);
        HostStat wanted = stat(file);
        if (stat.inode() != wanted.inode() || stat.device() != wanted.device()) {
            opened.close();
            throw new ErrnoException(Errno.ESTALE, "openat", "descriptor " + file.number());
        }
        return opened;
    }

    private byte[] path(Descriptor file) throws ErrnoException {
        Scratch args = scratch();
        long buffer = args.bulkAddress();
        int result;
        do {
            result = MacLibC.fcntl(file.number(), F_GETPATH, buffer, 0, 0, 0, 0, 0, buffer);
        } while (result < 0 && checked.again("F_GETPATH", "descriptor " + file.number()));
        byte[] path = new byte[Scratch.PATH_MAX];
        args.bulk().get(0, path);
        int end = 0;
        while (end < path.length && path[end] != 0) {
            end++;
        }
        return Arrays.copyOf(path, end);
    }

    private static int flags(int how) {
        boolean writes = (how & WRITE) != 0;
        int access = !writes ? O_RDONLY : (how & READ) != 0 ? O_RDWR : O_WRONLY;
        return access
                | ALWAYS
                | ((how & CREATE_NEW) != 0 ? O_CREAT | O_EXCL : 0)
                | ((how & APPEND) != 0 ? O_APPEND : 0)
                | ((how & SYNC) != 0 ? O_SYNC : 0);
    }

    // ---- attributes ----

    @Override
    public HostStat stat(Descriptor folder, byte[] name) throws ErrnoException {
        Scratch args = scratch();
        long path = args.first(name);
        int result;
        do {
            result = MacLibC.fstatat(folder.number(), path, args.struct(), AT_SYMLINK_NOFOLLOW);
        } while (result < 0 && checked.again("fstatat", name));
        return stat(args.memory);
    }

    @Override
    public HostStat stat(Descriptor any) throws ErrnoException {
        Scratch args = scratch();
        int result;
        do {
            result = MacLibC.fstat(any.number(), args.struct());
        } while (result < 0 && checked.again("fstat", "descriptor " + any.number()));
        return stat(args.memory);
    }

    private static HostStat stat(ByteBuffer b) {
        return new HostStat(
                Integer.toUnsignedLong(b.getInt(DEVICE)),
                b.getLong(INODE),
                Short.toUnsignedInt(b.getShort(MODE)),
                Short.toUnsignedLong(b.getShort(LINKS)),
                b.getInt(UID),
                b.getInt(GID),
                b.getInt(SPECIAL),
                b.getLong(SIZE),
                b.getLong(BLOCKS),
                b.getInt(IO_BYTES),
                b.getLong(BORN),
                (int) b.getLong(BORN + 8),
                b.getLong(ACCESSED),
                (int) b.getLong(ACCESSED + 8),
                b.getLong(MODIFIED),
                (int) b.getLong(MODIFIED + 8),
                b.getLong(CHANGED),
                (int) b.getLong(CHANGED + 8));
    }

    @Override
    public void setPermissions(Descriptor any, int permissions) throws ErrnoException {
        int result;
        do {
            result = MacLibC.fchmod(any.number(), permissions);
        } while (result < 0 && checked.again("fchmod", "descriptor " + any.number()));
    }

    @Override
    public void setTimes(Descriptor any, HostTimes times) throws ErrnoException {
        Scratch args = fill(times);
        int result;
        do {
            result = MacLibC.futimens(any.number(), args.struct());
        } while (result < 0 && checked.again("futimens", "descriptor " + any.number()));
    }

    @Override
    public void setTimes(Descriptor folder, byte[] name, HostTimes times) throws ErrnoException {
        Scratch args = fill(times);
        long path = args.first(name);
        int result;
        do {
            result = PosixLibC.utimensat(folder.number(), path, args.struct(), AT_SYMLINK_NOFOLLOW);
        } while (result < 0 && checked.again("utimensat", name));
    }

    private Scratch fill(HostTimes times) {
        Scratch args = scratch();
        args.memory
                .putLong(Scratch.S, times.accessedSeconds())
                .putLong(Scratch.S + 8, nanos(times.accessedNanos()))
                .putLong(Scratch.S + 16, times.modifiedSeconds())
                .putLong(Scratch.S + 24, nanos(times.modifiedNanos()));
        return args;
    }

    private static long nanos(int nanos) {
        return nanos == HostTimes.NOW ? UTIME_NOW : nanos == HostTimes.OMIT ? UTIME_OMIT : nanos;
    }

    // ---- names ----

    @Override
    public void makeNode(Descriptor folder, byte[] name, int mode) throws ErrnoException {
        int kind = mode & 0170000;
        if (kind == 0100000) {
            open(folder, name, WRITE | CREATE_NEW, mode & 07777).close();
            return;
        } else if (kind != 0010000) {
            throw new ErrnoException(Errno.EOPNOTSUPP, "mknodat", name);
        }
        long path = scratch().first(name);
        int result;
        do {
            result = MacLibC.mkfifoat(folder.number(), path, mode & 07777);
        } while (result < 0 && checked.again("mkfifoat", name));
    }

    @Override
    public void link(Descriptor pinned, Descriptor folder, byte[] name) throws ErrnoException {
        byte[] from = path(pinned);
        Scratch args = scratch();
        long old = args.first(from);
        long fresh = args.second(name);
        int result;
        do {
            result = PosixLibC.linkat(AT_FDCWD, old, folder.number(), fresh, 0);
        } while (result < 0 && checked.again("linkat", name));
        if (stat(folder, name).inode() != stat(pinned).inode()) {
            unlink(folder, name); // somebody has put another file there
            throw new ErrnoException(Errno.ESTALE, "linkat", name);
        }
    }

    @Override
    public void rename(Descriptor folder, byte[] name, Descriptor newFolder, byte[] newName, int mode)
            throws ErrnoException {
        int flags = mode == EXCHANGE ? RENAME_SWAP : mode == NO_REPLACE ? RENAME_EXCL : 0;
        Scratch args = scratch();
        long from = args.first(name);
        long to = args.second(newName);
        int result;
        do {
            result = MacLibC.renameatx_np(folder.number(), from, newFolder.number(), to, flags);
        } while (result < 0 && checked.again("renameatx_np", name));
    }

    // ---- data ----

    @Override
    public int readNow(Descriptor file, long offset, ByteBuffer target) {
        return -1;
    }

    @Override
    public void allocate(Descriptor file, int mode, long offset, long length) throws ErrnoException {
        throw new ErrnoException(Errno.EOPNOTSUPP, "fallocate", "mode " + mode);
    }

    @Override
    public long seek(Descriptor file, long offset, boolean hole) throws ErrnoException {
        return seek(file, offset, hole ? SEEK_HOLE : SEEK_DATA, hole ? "SEEK_HOLE" : "SEEK_DATA");
    }

    @Override
    public long copy(Descriptor from, long fromOffset, Descriptor to, long toOffset, long length)
            throws ErrnoException {
        throw new ErrnoException(Errno.EOPNOTSUPP, "copy_file_range", length + " bytes");
    }

    @Override
    public void sync(Descriptor file, boolean dataOnly) throws ErrnoException {
        int result;
        do {
            result = PosixLibC.fsync(file.number());
        } while (result < 0 && checked.again("fsync", "descriptor " + file.number()));
    }

    @Override
    public void list(Descriptor listing, HostEntries entries) throws ErrnoException {
        new MacListing(checked).list(listing, entries);
    }

    /** struct statvfs. Source: sys/statvfs.h; counts have 32 bits. */
    @Override
    public HostSpace space(Descriptor any) throws ErrnoException {
        Scratch args = scratch();
        int result;
        do {
            result = MacLibC.fstatvfs(any.number(), args.struct());
        } while (result < 0 && checked.again("fstatvfs", "descriptor " + any.number()));
        ByteBuffer b = args.memory;
        int at = Scratch.S;
        return new HostSpace(
                b.getLong(at + 8),
                Integer.toUnsignedLong(b.getInt(at + 16)),
                Integer.toUnsignedLong(b.getInt(at + 20)),
                Integer.toUnsignedLong(b.getInt(at + 24)),
                Integer.toUnsignedLong(b.getInt(at + 28)),
                Integer.toUnsignedLong(b.getInt(at + 32)),
                b.getLong(at + 56));
    }

    // ---- extended attributes ----

    @Override
    public byte[] attribute(Descriptor any, byte[] name) throws ErrnoException {
        Scratch args = scratch();
        long key = args.first(name);
        long length;
        do {
            length = MacLibC.fgetxattr(any.number(), key, args.bulkAddress(), XATTR_MAX, 0, 0);
        } while (length < 0 && checked.again("fgetxattr", name));
        byte[] value = new byte[(int) length];
        args.bulk().get(0, value);
        return value;
    }

    @Override
    public List<byte[]> attributes(Descriptor any) throws ErrnoException {
        Scratch args = scratch();
        long length;
        do {
            length = MacLibC.flistxattr(any.number(), args.bulkAddress(), XATTR_MAX, 0);
        } while (length < 0 && checked.again("flistxattr", "descriptor " + any.number()));
        List<byte[]> names = new ArrayList<>();
        ByteBuffer bulk = args.bulk();
        int from = 0;
        for (int at = 0; at < length; at++) {
            if (bulk.get(at) == 0) {
                byte[] name = new byte[at - from];
                bulk.get(from, name);
                names.add(name);
                from = at + 1;
            }
        }
        return names;
    }

    @Override
    public void setAttribute(Descriptor any, byte[] name, byte[] value, int mode) throws ErrnoException {
        if (value.length > XATTR_MAX) {
            throw new ErrnoException(Errno.E2BIG, "fsetxattr", name);
        }
        int options = mode == 1 ? XATTR_CREATE : mode == 2 ? XATTR_REPLACE : 0;
        Scratch args = scratch();
        long key = args.first(name);
        args.bulk().put(0, value);
        int result;
        do {
            result = MacLibC.fsetxattr(any.number(), key, args.bulkAddress(), value.length, 0, options);
        } while (result < 0 && checked.again("fsetxattr", name));
    }

    @Override
    public void removeAttribute(Descriptor any, byte[] name) throws ErrnoException {
        long key = scratch().first(name);
        int result;
        do {
            result = MacLibC.fremovexattr(any.number(), key, 0);
        } while (result < 0 && checked.again("fremovexattr", name));
    }
}
