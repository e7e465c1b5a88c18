// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Linux. */
final class LinuxCalls implements SystemCalls {
    private final Checked checked = new Checked(false);
    private final FileExtents extents = new FileExtents(checked, this);

    LinuxCalls() {
        // The library is loaded here, so that its failure has one place.
        LinuxLibC.close(-1);
    }

    @Override
    public int open(Path file, boolean forWriting) throws IOException {
        int flags = (forWriting ? LinuxLibC.O_RDWR : LinuxLibC.O_RDONLY) | LinuxLibC.O_CLOEXEC | LinuxLibC.O_NONBLOCK;
        byte[] path = Checked.path(file);
        return (int) checked.run("open", file, () -> LinuxLibC.open(path, flags));
    }

    @Override
    public void close(int descriptor, Path file) throws IOException {
        try {
            checked.run("close", file, () -> LinuxLibC.close(descriptor));
        } catch (ErrnoException e) {
            // The second try after a signal: the first one did close it (close(2), "Dealing with error returns").
            if (!e.is(Errno.EBADF)) {
                throw e;
            }
        }
    }

    @Override
    public long seekData(int descriptor, long from, Path file) throws IOException {
        return checked.seek("SEEK_DATA", file, () -> LinuxLibC.lseek(descriptor, from, LinuxLibC.SEEK_DATA));
    }

    @Override
    public long seekHole(int descriptor, long from, Path file) throws IOException {
        return checked.seek("SEEK_HOLE", file, () -> LinuxLibC.lseek(descriptor, from, LinuxLibC.SEEK_HOLE));
    }

    @Override
    public void punchHole(int descriptor, ByteRange range, Path file) throws IOException {
        int mode = LinuxLibC.FALLOC_FL_PUNCH_HOLE | LinuxLibC.FALLOC_FL_KEEP_SIZE;
        checked.run(
                "punching a hole", file, () -> LinuxLibC.fallocate(descriptor, mode, range.offset(), range.length()));
    }

    @Override
    public void cloneFile(Path from, Path to) throws IOException {
        PrivateFiles.createFile(to);
        try (Descriptor source = Descriptor.open(this, from, false);
                Descriptor target = Descriptor.open(this, to, true)) {
            int sourceNumber = source.number();
            int targetNumber = target.number();
            checked.run("FICLONE", from, to, () -> LinuxLibC.ioctl(targetNumber, LinuxLibC.FICLONE, sourceNumber));
        } catch (IOException | RuntimeException e) {
            deleteAfter(e, to);
            throw e;
        }
    }

    private static void deleteAfter(Exception failure, Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** The argument is struct file_clone_range of linux/fs.h: source's descriptor, offset, length, target's offset. */
    @Override
    public void cloneRange(Descriptor from, ByteRange range, Descriptor to, long toOffset) throws IOException {
        ByteBuffer argument = ByteBuffer.allocateDirect(32)
                .order(ByteOrder.nativeOrder())
                .putLong(0, from.number())
                .putLong(8, range.offset())
                .putLong(16, range.length())
                .putLong(24, toOffset);
        int number = to.number();
        checked.run(
                "FICLONERANGE",
                from.file(),
                to.file(),
                () -> LinuxLibC.ioctl(number, LinuxLibC.FICLONERANGE, argument));
    }

    @Override
    public BlockUse use(int descriptor, long lengthBytes, Path file) throws IOException {
        return extents.use(descriptor, lengthBytes, file);
    }
}
