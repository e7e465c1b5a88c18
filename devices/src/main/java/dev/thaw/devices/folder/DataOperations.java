// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import java.nio.ByteBuffer;

/** Reading and writing through handles. */
final class DataOperations {
    /** Those of FALLOC_FL_* that are for files of users. Source: linux/falloc.h. */
    private static final int ALLOCATE_FLAGS = 0x7b;

    private final Share share;
    private final HostFiles files;
    private final HandleTable handles;

    DataOperations(Share share) {
        this.share = share;
        this.files = share.files;
        this.handles = share.handles;
    }

    int read(long number, long offset, ByteBuffer target) throws ErrnoException {
        requireRange("read", offset, target.remaining());
        Handle handle = handles.holdFile(number);
        try {
            int count = handle.readAhead.read(files, handle, offset, target);
            share.counters.bytesRead.add(count);
            return count;
        } finally {
            handle.letGo();
        }
    }

    int readNow(long number, long offset, ByteBuffer target) throws ErrnoException {
        requireRange("read", offset, target.remaining());
        Handle handle = handles.holdFile(number);
        try {
            int count = handle.readAhead.readNow(files, handle, offset, target);
            share.counters.bytesRead.add(Math.max(0, count));
            return count;
        } finally {
            handle.letGo();
        }
    }

    /** Changes data through a handle. */
    private interface Change {
        long run() throws ErrnoException;
    }

    int write(long number, long offset, ByteBuffer data) throws ErrnoException {
        requireRange("write", offset, data.remaining());
        Handle handle = handles.holdFile(number);
        try {
            int count = (int) change(handle, () -> files.write(handle.descriptor, offset, data));
            share.counters.bytesWritten.add(count);
            return count;
        } finally {
            handle.letGo();
        }
    }

    /**
     * Changes a file's data, and knows afterwards whether the guest alone has done so: if the file was as the guest had left it, and
     * unless others of the guest are changing it right now, whom that would tell apart.
     */
    private long change(Handle handle, Change change) throws ErrnoException {
        Node node = handle.node;
        boolean alone = node.beginChange();
        try {
            Stamp stamp = node.stamp;
            if (alone && stamp != null && !stamp.equals(Stamp.of(files.stat(handle.descriptor)))) {
                node.stamp = null;
            }
            return Share.runCounted(share.watcher.ownData(node.number), change::run);
        } finally {
            node.changed();
            if (node.stamp != null) {
                node.stamp = Stamp.of(files.stat(handle.descriptor));
            }
            node.endChange();
        }
    }

    void allocate(long number, int mode, long offset, long length) throws ErrnoException {
        share.requireWritable("fallocate");
        if (length <= 0) {
            throw new ErrnoException(Errno.EINVAL, "fallocate", length + " bytes");
        }
        requireRange("fallocate", offset, length);
        if ((mode & ~ALLOCATE_FLAGS) != 0) {
            throw new ErrnoException(Errno.EOPNOTSUPP, "fallocate", "mode " + mode);
        }
        Handle handle = handles.holdFile(number);
        try {
            change(handle, () -> {
                files.allocate(handle.descriptor, mode, offset, length);
                return length;
            });
        } finally {
            handle.letGo();
        }
    }

    long copyRange(long from, long fromOffset, long to, long toOffset, long length) throws ErrnoException {
        share.requireWritable("copy_file_range");
        requireRange("copy_file_range", fromOffset, length);
        requireRange("copy_file_range", toOffset, length);
        Handle source = handles.holdFile(from);
        try {
            Handle target = handles.holdFile(to);
            try {
                return change(
                        target, () -> files.copy(source.descriptor, fromOffset, target.descriptor, toOffset, length));
            } finally {
                target.letGo();
            }
        } finally {
            source.letGo();
        }
    }

    long seek(long number, long offset, boolean hole) throws ErrnoException {
        if (offset < 0) {
            throw new ErrnoException(Errno.ENXIO, "lseek", offset);
        }
        Handle handle = handles.holdFile(number);
        try {
            return files.seek(handle.descriptor, offset, hole);
        } finally {
            handle.letGo();
        }
    }

    void sync(long number, boolean dataOnly) throws ErrnoException {
        Handle handle = handles.hold(number);
        try {
            files.sync(handle.descriptor, dataOnly);
        } finally {
            handle.letGo();
        }
    }

    private static void requireRange(String call, long offset, long length) throws ErrnoException {
        if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
            throw new ErrnoException(Errno.EINVAL, call, length + " bytes at " + offset);
        }
    }
}
