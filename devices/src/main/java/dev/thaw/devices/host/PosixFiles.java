// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Linux and macOS have alike. */
abstract class PosixFiles implements HostFiles {
    private static final Logger log = LoggerFactory.getLogger(PosixFiles.class);

    final Checked checked;
    private final int removeFolderFlag;
    private final RangeLocks locks;
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    PosixFiles(Checked checked, int removeFolderFlag, RangeLocks.Numbers numbers, RangeLocks.Fcntl fcntl) {
        this.checked = checked;
        this.removeFolderFlag = removeFolderFlag;
        this.locks = new RangeLocks(numbers, fcntl, checked, this::scratch);
        // The library is loaded here, so that its failure has one place.
        PosixLibC.close(-1);
    }

    final Scratch scratch() {
        return scratch.get();
    }

    final Descriptor own(int number) {
        return new Descriptor(number, this::closeNumber);
    }

    /** Not again after a signal: the number is free by then. Source: close(2), "Dealing with error returns". */
    private void closeNumber(int number) {
        if (PosixLibC.close(number) < 0) {
            Errno errno = checked.reason();
            if (errno != Errno.EINTR) {
                log.warn("closing a descriptor of a shared folder failed: close {}: {}", number, errno);
            }
        }
    }

    /** As the kernel knows it. */
    static byte[] bytes(Path path) {
        // The JDK's own encoding of names. JNA would take another for strings.
        return path.toString()
                .getBytes(Charset.forName(System.getProperty(
                        "sun.jnu.encoding", Charset.defaultCharset().name())));
    }

    @Override
    public int userId() {
        return PosixLibC.geteuid();
    }

    @Override
    public int groupId() {
        return PosixLibC.getegid();
    }

    // ---- names ----

    @Override
    public byte[] readSymlink(Descriptor folder, byte[] name) throws ErrnoException {
        Scratch args = scratch();
        long path = args.first(name);
        long target = args.bulkAddress();
        long length;
        do {
            length = PosixLibC.readlinkat(folder.number(), path, target, Scratch.PATH_MAX);
        } while (length < 0 && checked.again("readlinkat", name));
        byte[] bytes = new byte[(int) length];
        args.bulk().get(0, bytes);
        return bytes;
    }

    @Override
    public void makeSymlink(Descriptor folder, byte[] name, byte[] target) throws ErrnoException {
        Scratch args = scratch();
        long path = args.first(name);
        long to = args.second(target);
        int result;
        do {
            result = PosixLibC.symlinkat(to, folder.number(), path);
        } while (result < 0 && checked.again("symlinkat", name));
    }

    @Override
    public void makeFolder(Descriptor folder, byte[] name, int permissions) throws ErrnoException {
        long path = scratch().first(name);
        int result;
        do {
            result = PosixLibC.mkdirat(folder.number(), path, permissions);
        } while (result < 0 && checked.again("mkdirat", name));
    }

    @Override
    public void unlink(Descriptor folder, byte[] name) throws ErrnoException {
        unlink(folder, name, 0);
    }

    @Override
    public void removeFolder(Descriptor folder, byte[] name) throws ErrnoException {
        unlink(folder, name, removeFolderFlag);
    }

    private void unlink(Descriptor folder, byte[] name, int flags) throws ErrnoException {
        long path = scratch().first(name);
        int result;
        do {
            result = PosixLibC.unlinkat(folder.number(), path, flags);
        } while (result < 0 && checked.again("unlinkat", name));
    }

    // ---- data ----

    /** One piece of a transfer: gives how many bytes, 0 at the end. */
    private interface Piece {
        long move(int descriptor, long address, long count, long offset);
    }

    @Override
    public int read(Descriptor file, long offset, ByteBuffer target) throws ErrnoException {
        if (!target.isDirect()) {
            return readThrough(file, offset, target);
        }
        return transfer("pread", file, offset, target, PosixLibC::pread);
    }

    @Override
    public int write(Descriptor file, long offset, ByteBuffer data) throws ErrnoException {
        if (!data.isDirect()) {
            return writeThrough(file, offset, data);
        }
        return transfer("pwrite", file, offset, data, PosixLibC::pwrite);
    }

    private int transfer(String call, Descriptor file, long offset, ByteBuffer buffer, Piece piece)
            throws ErrnoException {
        long address = Scratch.address(buffer) + buffer.position();
        int count = buffer.remaining();
        int done = 0;
        try {
            while (done < count) {
                long moved = piece.move(file.number(), address + done, count - done, offset + done);
                if (moved == 0) {
                    break;
                } else if (moved > 0) {
                    done += (int) moved;
                } else if (!again(call, file, done)) {
                    break;
                }
            }
        } finally {
            Reference.reachabilityFence(buffer);
        }
        buffer.position(buffer.position() + done);
        return done;
    }

    /** Throws only if nothing has been done yet: the next call will say why. */
    private boolean again(String call, Descriptor file, int done) throws ErrnoException {
        Errno reason = checked.reason();
        if (reason != Errno.EINTR && done == 0) {
            throw new ErrnoException(reason, call, "descriptor " + file.number());
        }
        return reason == Errno.EINTR;
    }

    private int readThrough(Descriptor file, long offset, ByteBuffer target) throws ErrnoException {
        int done = 0;
        while (target.hasRemaining()) {
            ByteBuffer piece = scratch().bulk().clear();
            piece.limit(Math.min(piece.capacity(), target.remaining()));
            int got = read(file, offset + done, piece);
            target.put(piece.flip());
            done += got;
            if (got == 0) {
                break;
            }
        }
        return done;
    }

    private int writeThrough(Descriptor file, long offset, ByteBuffer data) throws ErrnoException {
        int done = 0;
        while (data.hasRemaining()) {
            ByteBuffer piece = scratch().bulk().clear();
            int count = Math.min(piece.capacity(), data.remaining());
            piece.put(0, data, data.position(), count).limit(count);
            int put = write(file, offset + done, piece);
            data.position(data.position() + put);
            done += put;
            if (put < count) {
                break;
            }
        }
        return done;
    }

    @Override
    public void truncate(Descriptor file, long size) throws ErrnoException {
        int result;
        do {
            result = PosixLibC.ftruncate(file.number(), size);
        } while (result < 0 && checked.again("ftruncate", "to " + size));
    }

    final long seek(Descriptor file, long offset, int whence, String call) throws ErrnoException {
        long result;
        do {
            result = PosixLibC.lseek(file.number(), offset, whence);
        } while (result < 0 && checked.again(call, "from " + offset));
        return result;
    }

    // ---- locks ----

    private static final int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;

    @Override
    public boolean lockWhole(Descriptor file, boolean exclusive) throws ErrnoException {
        int operation = (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
        while (PosixLibC.flock(file.number(), operation) < 0) {
            Errno reason = checked.reason();
            if (reason == Errno.EAGAIN) {
                return false;
            } else if (reason != Errno.EINTR) {
                throw new ErrnoException(reason, "flock", "descriptor " + file.number());
            }
        }
        return true;
    }

    @Override
    public void unlockWhole(Descriptor file) throws ErrnoException {
        int result;
        do {
            result = PosixLibC.flock(file.number(), LOCK_UN);
        } while (result < 0 && checked.again("flock", "descriptor " + file.number()));
    }

    @Override
    public boolean lock(Descriptor file, HostLock lock) throws ErrnoException {
        return locks.lock(file, lock);
    }

    @Override
    public void unlock(Descriptor file, long start, long end) throws ErrnoException {
        locks.unlock(file, start, end);
    }

    @Override
    public Optional<HostLock> conflicting(Descriptor file, HostLock lock) throws ErrnoException {
        return locks.conflicting(file, lock);
    }
}
