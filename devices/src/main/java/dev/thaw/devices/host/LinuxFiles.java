// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import static dev.thaw.devices.host.LinuxLibC.*;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Linux. Sources: the manual pages of the calls. */
final class LinuxFiles extends PosixFiles {
    /** Opening never blocks, never follows, and is not inherited. */
    private static final int ALWAYS = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

    private static final int FOLDER = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

    /** struct open_how. Source: linux/openat2.h. */
    private static final int HOW_FLAGS = 0, HOW_MODE = 8, HOW_RESOLVE = 16, HOW_SIZE = 24;

    private static final long BENEATH = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

    /** A copy can't be interrupted, and others wait meanwhile; callers ask again for the rest. */
    private static final long LONGEST_COPY = 64L << 20;

    /** struct flock of 64-bit C libraries. Source: fcntl(2). */
    private static final RangeLocks.Numbers LOCKS = new RangeLocks.Numbers(
            F_OFD_SETLK, F_OFD_GETLK, F_RDLCK, F_WRLCK, F_UNLCK, new RangeLocks.Flock(0, 2, 8, 16, 24));

    private final boolean hasOpenat2;
    private final LinuxAttributes attributes = new LinuxAttributes(checked, this::scratch);

    LinuxFiles() {
        this(true);
    }

    /** @param mayUseOpenat2 false to do as on kernels without it */
    LinuxFiles(boolean mayUseOpenat2) {
        super(new Checked(false), AT_REMOVEDIR, LOCKS, LinuxLibC::fcntl);
        this.hasOpenat2 = mayUseOpenat2 && findOpenat2();
    }

    /** Linux has it since 5.6, and filters of system calls that don't know it say EPERM, not ENOSYS. */
    private boolean findOpenat2() {
        long number = openat2(AT_FDCWD, scratch(), new byte[] {'.'}, 0);
        if (number >= 0) {
            PosixLibC.close((int) number);
        }
        return number >= 0;
    }

    private static long openat2(int folder, Scratch args, byte[] path, long resolve) {
        try {
            long name = args.first(path);
            args.memory
                    .putLong(Scratch.S + HOW_FLAGS, FOLDER)
                    .putLong(Scratch.S + HOW_MODE, 0)
                    .putLong(Scratch.S + HOW_RESOLVE, resolve);
            return syscall(SYS_openat2, folder, name, args.struct(), HOW_SIZE);
        } catch (ErrnoException e) {
            throw new IllegalArgumentException("callers see to the length", e);
        }
    }

    // ---- descriptors ----

    @Override
    public Descriptor openRoot(Path folder) throws IOException {
        byte[] path = bytes(folder.toAbsolutePath());
        return own(openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
    }

    @Override
    public Descriptor openFolder(Descriptor root, byte[] path) throws ErrnoException {
        if (!hasOpenat2 || path.length >= Scratch.PATH_MAX) {
            return walk(root, path);
        }
        long number;
        do {
            number = openat2(root.number(), scratch(), path, BENEATH);
        } while (number < 0 && checked.again("openat2", path));
        return own((int) number);
    }

    /** Name by name, each in the folder before: none is followed if it is a symlink. */
    private Descriptor walk(Descriptor root, byte[] path) throws ErrnoException {
        Descriptor at = null;
        try {
            for (int from = 0; from < path.length; ) {
                int end = from;
                while (end < path.length && path[end] != '/') {
                    end++;
                }
                byte[] name = Arrays.copyOfRange(path, from, end);
                requireInside(name);
                Descriptor next = own(openat(at == null ? root.number() : at.number(), name, FOLDER, 0));
                if (at != null) {
                    at.close();
                }
                at = next;
                from = end + 1;
            }
            Descriptor found = at == null ? own(openat(root.number(), new byte[] {'.'}, FOLDER, 0)) : at;
            at = null;
            return found;
        } finally {
            if (at != null) {
                at.close();
            }
        }
    }

    private static void requireInside(byte[] name) throws ErrnoException {
        if (name.length == 0 || Arrays.equals(name, new byte[] {'.', '.'})) {
            throw new ErrnoException(Errno.EXDEV, "openat", name);
        }
    }

    private int openat(int folder, byte[] name, int flags, int permissions) throws ErrnoException {
        long path = scratch().first(name);
        int number;
        do {
            number = LinuxLibC.openat(folder, path, flags, permissions);
        } while (number < 0 && checked.again("openat", name));
        return number;
    }

    @Override
    public Descriptor openListing(Descriptor folder) throws ErrnoException {
        return own(openat(folder.number(), new byte[] {'.'}, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
    }

    @Override
    public Descriptor pin(Descriptor folder, byte[] name) throws ErrnoException {
        return own(openat(folder.number(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));
    }

    @Override
    public Descriptor open(Descriptor folder, byte[] name, int how, int permissions) throws ErrnoException {
        return own(openat(folder.number(), name, flags(how) | O_NOFOLLOW, permissions));
    }

    @Override
    public Descriptor reopen(Descriptor file, int how) throws ErrnoException {
        return own(openat(AT_FDCWD, magicLink(file), flags(how), 0));
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

    /** What leads to the very file that a descriptor is of, even one of O_PATH, for calls that take paths only. */
    static byte[] magicLink(Descriptor any) {
        return ("/proc/self/fd/" + any.number()).getBytes(US_ASCII);
    }

    // ---- attributes ----

    @Override
    public HostStat stat(Descriptor folder, byte[] name) throws ErrnoException {
        Scratch args = scratch();
        return attributes.stat(folder.number(), args.first(name), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, name);
    }

    @Override
    public HostStat stat(Descriptor any) throws ErrnoException {
        return attributes.stat(any.number(), scratch().empty(), AT_EMPTY_PATH, "descriptor");
    }

    @Override
    public void setPermissions(Descriptor any, int permissions) throws ErrnoException {
        byte[] link = magicLink(any);
        long path = scratch().first(link);
        int result;
        do {
            result = LinuxLibC.chmod(path, permissions);
        } while (result < 0 && checked.again("chmod", link));
    }

    @Override
    public void setTimes(Descriptor any, HostTimes times) throws ErrnoException {
        attributes.setTimes(AT_FDCWD, magicLink(any), times, 0);
    }

    @Override
    public void setTimes(Descriptor folder, byte[] name, HostTimes times) throws ErrnoException {
        attributes.setTimes(folder.number(), name, times, AT_SYMLINK_NOFOLLOW);
    }

    // ---- names ----

    @Override
    public void makeNode(Descriptor folder, byte[] name, int mode) throws ErrnoException {
        long path = scratch().first(name);
        int result;
        do {
            result = LinuxLibC.mknodat(folder.number(), path, mode, 0);
        } while (result < 0 && checked.again("mknodat", name));
    }

    @Override
    public void link(Descriptor pinned, Descriptor folder, byte[] name) throws ErrnoException {
        Scratch args = scratch();
        long from = args.first(magicLink(pinned));
        long to = args.second(name);
        int result;
        do {
            result = PosixLibC.linkat(AT_FDCWD, from, folder.number(), to, AT_SYMLINK_FOLLOW);
        } while (result < 0 && checked.again("linkat", name));
    }

    @Override
    public void rename(Descriptor folder, byte[] name, Descriptor newFolder, byte[] newName, int mode)
            throws ErrnoException {
        Scratch args = scratch();
        long from = args.first(name);
        long to = args.second(newName);
        int result;
        do {
            result = LinuxLibC.renameat2(folder.number(), from, newFolder.number(), to, mode);
        } while (result < 0 && checked.again("renameat2", name));
    }

    // ---- data ----

    @Override
    public int readNow(Descriptor file, long offset, ByteBuffer target) throws ErrnoException {
        Scratch args = scratch();
        ByteBuffer into = target.isDirect() ? target : args.bulk().clear();
        if (target.remaining() > into.remaining()) {
            return -1; // not from here in one piece
        }
        long address = Scratch.address(into) + into.position();
        int count = target.remaining();
        int done = 0;
        while (done < count) {
            args.memory.putLong(Scratch.S, address + done).putLong(Scratch.S + 8, count - done);
            long got = preadv2(file.number(), args.struct(), 1, offset + done, RWF_NOWAIT);
            if (got == 0) {
                break;
            } else if (got > 0) {
                done += (int) got;
            } else {
                Errno reason = checked.reason();
                if (reason == Errno.EAGAIN || reason == Errno.EOPNOTSUPP || reason == Errno.ENOSYS) {
                    return -1;
                } else if (reason != Errno.EINTR) {
                    throw new ErrnoException(reason, "preadv2", "descriptor " + file.number());
                }
            }
        }
        if (target.isDirect()) {
            target.position(target.position() + done);
        } else {
            target.put(into.limit(done));
        }
        return done;
    }

    @Override
    public void allocate(Descriptor file, int mode, long offset, long length) throws ErrnoException {
        int result;
        do {
            result = LinuxLibC.fallocate(file.number(), mode, offset, length);
        } while (result < 0 && checked.again("fallocate", "mode " + mode));
    }

    @Override
    public long seek(Descriptor file, long offset, boolean hole) throws ErrnoException {
        return seek(file, offset, hole ? SEEK_HOLE : SEEK_DATA, hole ? "SEEK_HOLE" : "SEEK_DATA");
    }

    @Override
    public long copy(Descriptor from, long fromOffset, Descriptor to, long toOffset, long length)
            throws ErrnoException {
        Scratch args = scratch();
        long offsets = args.struct();
        long result;
        do {
            args.memory.putLong(Scratch.S, fromOffset).putLong(Scratch.S + 8, toOffset);
            result = LinuxLibC.copy_file_range(
                    from.number(), offsets, to.number(), offsets + 8, Math.min(length, LONGEST_COPY), 0);
        } while (result < 0 && checked.again("copy_file_range", "from " + fromOffset + " to " + toOffset));
        return result;
    }

    @Override
    public void sync(Descriptor file, boolean dataOnly) throws ErrnoException {
        int result;
        do {
            result = dataOnly ? LinuxLibC.fdatasync(file.number()) : PosixLibC.fsync(file.number());
        } while (result < 0 && checked.again("fsync", "descriptor " + file.number()));
    }

    // ---- folders ----

    /** struct linux_dirent64. Source: getdents(2). */
    private static final int DIRENT_LENGTH = 16, DIRENT_TYPE = 18, DIRENT_NAME = 19;

    @Override
    public void list(Descriptor listing, HostEntries entries) throws ErrnoException {
        seek(listing, 0, SEEK_SET, "lseek");
        byte[] batch = new byte[0];
        while (true) {
            Scratch args = scratch();
            long address = args.bulkAddress();
            long length;
            do {
                length = syscall(SYS_getdents64, listing.number(), address, Scratch.BULK_BYTES, 0);
            } while (length < 0 && checked.again("getdents64", "descriptor " + listing.number()));
            if (length == 0) {
                return;
            }
            batch = batch.length < length ? new byte[(int) length] : batch;
            args.bulk().get(0, batch, 0, (int) length);
            takeAll(batch, (int) length, args.bulk(), entries);
        }
    }

    private static void takeAll(byte[] batch, int length, ByteBuffer same, HostEntries entries) throws ErrnoException {
        for (int at = 0; at < length; ) {
            int record = Short.toUnsignedInt(same.getShort(at + DIRENT_LENGTH));
            int name = at + DIRENT_NAME;
            int end = name;
            while (batch[end] != 0) {
                end++;
            }
            boolean dots = batch[name] == '.' && (end - name == 1 || (end - name == 2 && batch[name + 1] == '.'));
            if (!dots) {
                entries.take(batch, name, end - name, same.getLong(at), batch[at + DIRENT_TYPE] << 12);
            }
            at += record;
        }
    }

    @Override
    public HostSpace space(Descriptor any) throws ErrnoException {
        return attributes.space(any);
    }

    // ---- extended attributes ----

    @Override
    public byte[] attribute(Descriptor any, byte[] name) throws ErrnoException {
        return attributes.get(any, name);
    }

    @Override
    public List<byte[]> attributes(Descriptor any) throws ErrnoException {
        return attributes.list(any);
    }

    @Override
    public void setAttribute(Descriptor any, byte[] name, byte[] value, int mode) throws ErrnoException {
        attributes.set(any, name, value, mode);
    }

    @Override
    public void removeAttribute(Descriptor any, byte[] name) throws ErrnoException {
        attributes.remove(any, name);
    }
}
