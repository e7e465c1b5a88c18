// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * macOS with APFS. Not verified: no such machine was at hand. Written from clonefile(2), fcntl(2), lseek(2) and
 * getattrlist(2).
 */
final class MacCalls implements SystemCalls {
    /** struct attrlist: a 16-bit count, 16 reserved bits, five groups of attributes. */
    private static final int LIST_COMMON = 4, LIST_FILE = 16, LIST_EXTENDED = 20, LIST_SIZE = 24;

    /** The answer: its length, which attributes there are (five groups), then these in order. */
    private static final int RETURNED_FILE = 16, RETURNED_EXTENDED = 20, ATTRIBUTES = 24, ANSWER_SIZE = 40;

    /** struct fpunchhole: flags, reserved, offset, length. */
    private static final int PUNCH_OFFSET = 8, PUNCH_LENGTH = 16, PUNCH_SIZE = 24;

    /** APFS punches whole blocks only and refuses anything else with EINVAL. */
    private static final long BLOCK = 4096;

    private final Checked checked = new Checked(true);

    MacCalls() {
        MacLibC.close(-1);
    }

    @Override
    public int open(Path file, boolean forWriting) throws IOException {
        int access = forWriting ? MacLibC.O_RDWR : MacLibC.O_RDONLY;
        int flags = access | MacLibC.O_CLOEXEC | MacLibC.O_NOFOLLOW | MacLibC.O_NONBLOCK;
        byte[] path = Checked.path(file);
        return (int) checked.run("open", file, () -> MacLibC.open(path, flags));
    }

    @Override
    public void close(int descriptor, Path file) throws IOException {
        checked.run("close", file, () -> MacLibC.close(descriptor));
    }

    @Override
    public long seekData(int descriptor, long from, Path file) throws IOException {
        return checked.seek("SEEK_DATA", file, () -> MacLibC.lseek(descriptor, from, MacLibC.SEEK_DATA));
    }

    @Override
    public long seekHole(int descriptor, long from, Path file) throws IOException {
        return checked.seek("SEEK_HOLE", file, () -> MacLibC.lseek(descriptor, from, MacLibC.SEEK_HOLE));
    }

    @Override
    public void punchHole(int descriptor, ByteRange range, Path file) throws IOException {
        if (range.offset() % BLOCK != 0 || range.length() % BLOCK != 0) {
            throw new FileSystemException(
                    file.toString(), null, "macOS punches whole blocks of " + BLOCK + " bytes, and not " + range);
        }
        ByteBuffer hole = ByteBuffer.allocateDirect(PUNCH_SIZE)
                .order(ByteOrder.nativeOrder())
                .putLong(PUNCH_OFFSET, range.offset())
                .putLong(PUNCH_LENGTH, range.length());
        checked.run(
                "F_PUNCHHOLE", file, () -> MacLibC.fcntl(descriptor, MacLibC.F_PUNCHHOLE, hole, 0, 0, 0, 0, 0, hole));
    }

    @Override
    public void cloneFile(Path from, Path to) throws IOException {
        byte[] source = Checked.path(from);
        byte[] target = Checked.path(to);
        int flags = MacLibC.CLONE_NOFOLLOW | MacLibC.CLONE_NOOWNERCOPY;
        checked.run("clonefile", from, to, () -> MacLibC.clonefile(source, target, flags));
        // It has the source's mode until here, which is private as well in a store.
        PrivateFiles.restrictFile(to);
    }

    @Override
    public void cloneRange(Descriptor from, ByteRange range, Descriptor to, long toOffset) throws IOException {
        throw new FileSystemException(
                from.file().toString(), to.file().toString(), "macOS clones whole files only, and not " + range);
    }

    /** It tells how much is shared, and not with whom. Files that share nothing have no such blocks. */
    @Override
    public BlockUse use(int descriptor, long lengthBytes, Path file) throws IOException {
        Allocation allocation = allocation(descriptor, file);
        return new BlockUse(allocation, allocation.sharedBytes() == 0 ? Optional.of(List.of()) : Optional.empty());
    }

    private Allocation allocation(int descriptor, Path file) throws IOException {
        ByteBuffer wanted = ByteBuffer.allocateDirect(LIST_SIZE)
                .order(ByteOrder.nativeOrder())
                .putShort(0, (short) MacLibC.ATTR_BIT_MAP_COUNT)
                .putInt(LIST_COMMON, MacLibC.ATTR_CMN_RETURNED_ATTRS)
                .putInt(LIST_FILE, MacLibC.ATTR_FILE_ALLOCSIZE)
                .putInt(LIST_EXTENDED, MacLibC.ATTR_CMNEXT_PRIVATESIZE);
        ByteBuffer answer = ByteBuffer.allocateDirect(ANSWER_SIZE).order(ByteOrder.nativeOrder());
        checked.run(
                "fgetattrlist",
                file,
                () -> MacLibC.fgetattrlist(descriptor, wanted, answer, ANSWER_SIZE, MacLibC.FSOPT_ATTR_CMN_EXTENDED));
        if ((answer.getInt(RETURNED_FILE) & MacLibC.ATTR_FILE_ALLOCSIZE) == 0) {
            throw new FileSystemException(file.toString(), null, "fgetattrlist: no ATTR_FILE_ALLOCSIZE");
        }
        long allocated = answer.getLong(ATTRIBUTES);
        // Volumes other than APFS don't tell, and share nothing.
        boolean told = (answer.getInt(RETURNED_EXTENDED) & MacLibC.ATTR_CMNEXT_PRIVATESIZE) != 0;
        long own = told ? Math.min(allocated, answer.getLong(ATTRIBUTES + Long.BYTES)) : allocated;
        return new Allocation(allocated, allocated - own);
    }
}
