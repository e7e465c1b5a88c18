// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A file's extents, as FS_IOC_FIEMAP tells them. Source: Documentation/filesystems/fiemap.rst and linux/fiemap.h.
 *
 * <p>Where the file system has no such call (tmpfs, ZFS), what is not a hole counts as allocated, and nothing as shared.
 */
final class FileExtents {
    /** struct fiemap, and struct fiemap_extent of which an array follows it. */
    static final int START = 0, LENGTH = 8, FLAGS = 16, MAPPED_EXTENTS = 20, EXTENT_COUNT = 24, HEADER_SIZE = 32;

    static final int EXTENT_LOGICAL = 0, EXTENT_PHYSICAL = 8, EXTENT_LENGTH = 16, EXTENT_FLAGS = 40, EXTENT_SIZE = 56;

    private static final int FIEMAP_FLAG_SYNC = 1;
    private static final int FIEMAP_EXTENT_LAST = 1;
    private static final int FIEMAP_EXTENT_SHARED = 0x2000;

    private static final int BATCH = 512;

    private final Checked checked;
    private final SystemCalls calls;

    FileExtents(Checked checked, SystemCalls calls) {
        this.checked = checked;
        this.calls = calls;
    }

    BlockUse use(int descriptor, long lengthBytes, Path file) throws IOException {
        try {
            Sum sum = sum(descriptor, lengthBytes, file);
            return new BlockUse(new Allocation(sum.allocated, sum.shared), Optional.of(sum.sharedRanges));
        } catch (ErrnoException e) {
            if (isMissing(e)) {
                return new BlockUse(
                        new Allocation(dataBytes(descriptor, lengthBytes, file), 0), Optional.of(List.of()));
            }
            throw e;
        }
    }

    private static boolean isMissing(ErrnoException e) {
        return e.is(Errno.EOPNOTSUPP) || e.is(Errno.ENOTTY) || e.is(Errno.EINVAL);
    }

    /** Each batch begins behind the one before, and none goes beyond the length that the file had at first. */
    private Sum sum(int descriptor, long lengthBytes, Path file) throws IOException {
        ByteBuffer map =
                ByteBuffer.allocateDirect(HEADER_SIZE + BATCH * EXTENT_SIZE).order(ByteOrder.nativeOrder());
        Sum sum = new Sum();
        boolean more = true;
        while (more && sum.end < lengthBytes) {
            request(map, sum.end, lengthBytes - sum.end);
            checked.run("FIEMAP", file, () -> LinuxLibC.ioctl(descriptor, LinuxLibC.FS_IOC_FIEMAP, map));
            more = sum.add(map, file);
        }
        return sum;
    }

    /** Of the extents up to {@code end}. */
    private static final class Sum {
        private long allocated;
        private long shared;
        private long end;
        private final List<ByteRange> sharedRanges = new ArrayList<>();

        /** Returns whether there may be more extents. */
        boolean add(ByteBuffer map, Path file) throws IOException {
            long endBefore = end;
            int count = Math.min(map.getInt(MAPPED_EXTENTS), BATCH);
            for (int i = 0; i < count; i++) {
                int extent = HEADER_SIZE + i * EXTENT_SIZE;
                long start = map.getLong(extent + EXTENT_LOGICAL);
                long length = map.getLong(extent + EXTENT_LENGTH);
                int flags = map.getInt(extent + EXTENT_FLAGS);
                if (start < 0 || length < 0 || length > Long.MAX_VALUE - start) {
                    throw new FileSystemException(
                            file.toString(), null, "FIEMAP: extent of " + length + " bytes at offset " + start);
                }
                if ((flags & FIEMAP_EXTENT_SHARED) != 0) {
                    addShared(map.getLong(extent + EXTENT_PHYSICAL), start, length);
                }
                add(start, start + length, (flags & FIEMAP_EXTENT_SHARED) != 0);
                if ((flags & FIEMAP_EXTENT_LAST) != 0) {
                    return false;
                }
            }
            return end > endBefore;
        }

        /** Only what is counted: an extent may begin before the end of the one before. */
        private void addShared(long physical, long start, long length) {
            long counted = Math.max(0, start + length - Math.max(start, end));
            if (counted > 0 && physical >= 0 && physical <= Long.MAX_VALUE - length) {
                sharedRanges.add(new ByteRange(physical + length - counted, counted));
            }
        }

        /** If the file changes meanwhile, an extent can begin, and even end, before the end of the one before. */
        private void add(long from, long to, boolean isShared) {
            long counted = Math.max(0, to - Math.max(from, end));
            allocated += counted;
            shared += isShared ? counted : 0;
            end = Math.max(end, to);
        }
    }

    private static void request(ByteBuffer map, long start, long length) {
        for (int i = 0; i < HEADER_SIZE; i += Long.BYTES) {
            map.putLong(i, 0);
        }
        map.putLong(START, start)
                .putLong(LENGTH, length)
                .putInt(FLAGS, FIEMAP_FLAG_SYNC)
                .putInt(EXTENT_COUNT, BATCH);
    }

    private long dataBytes(int descriptor, long lengthBytes, Path file) throws IOException {
        long sum = 0;
        long at = 0;
        while (at < lengthBytes) {
            long data = calls.seekData(descriptor, at, file);
            if (data < 0 || data >= lengthBytes) {
                break;
            }
            long end = Math.min(lengthBytes, Math.max(calls.seekHole(descriptor, data, file), data + 1));
            sum += end - data;
            at = end;
        }
        return sum;
    }
}
