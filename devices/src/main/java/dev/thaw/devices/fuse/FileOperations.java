// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.FileLock;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.OpenMode;
import dev.thaw.devices.folder.Opened;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Open files. Thread-safe. */
final class FileOperations {
    private static final Logger log = LoggerFactory.getLogger(FileOperations.class);

    /** The kernel asks again for what is left of a copy, so none of them keeps a thread for long. */
    private static final long MAX_COPY_BYTES = 64L << 20;

    private final FileTree tree;
    private final FuseOptions options;
    private final Privileges privileges;

    FileOperations(FileTree tree, FuseOptions options, Privileges privileges) {
        this.tree = tree;
        this.options = options;
        this.privileges = privileges;
    }

    void open(FuseCall call, FileRequest.Open request) throws IOException {
        OpenMode mode = OpenFlags.mode(request.flags(), options.direct());
        if (mode.truncate() && (request.openFlags() & FileRequest.Open.KILL_PRIVILEGES) != 0) {
            privileges.drop(call.node(), 0);
        }
        ByteBuffer room = FuseCall.room(FuseReplies.OpenOut.SIZE);
        opened(tree.open(call.node(), mode), mode).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }

    static FuseReplies.OpenOut opened(Opened opened, OpenMode mode) {
        int flags =
                mode.direct() ? FuseReplies.OpenOut.DIRECT_IO : opened.keepCache() ? FuseReplies.OpenOut.KEEP_CACHE : 0;
        return new FuseReplies.OpenOut(opened.handle(), flags);
    }

    boolean readNow(FuseCall call, FileRequest.Read request) throws IOException {
        ByteBuffer target = room(call, request);
        int got = tree.readNow(request.handle(), request.offset(), target);
        if (got < 0) {
            return false;
        }
        replyRead(call, target, got);
        return true;
    }

    void read(FuseCall call, FileRequest.Read request) throws IOException {
        ByteBuffer target = room(call, request);
        replyRead(call, target, tree.read(request.handle(), request.offset(), target));
    }

    private ByteBuffer room(FuseCall call, FileRequest.Read request) throws ErrnoException {
        checkRange("read", request.offset(), request.length());
        return call.data(request.length());
    }

    private static void replyRead(FuseCall call, ByteBuffer target, int got) {
        call.reply(target.position(FuseOutHeader.SIZE + got));
    }

    private void checkRange(String what, long offset, int length) throws ErrnoException {
        boolean inside = offset >= 0 && length >= 0 && length <= options.maxIoBytes();
        if (!inside || offset > Long.MAX_VALUE - length) {
            String subject = "of " + Integer.toUnsignedString(length) + " bytes at " + Long.toUnsignedString(offset);
            throw new ErrnoException(Errno.EINVAL, what, subject);
        }
    }

    void write(FuseCall call, FileRequest.Write request) throws IOException {
        checkRange("write", request.offset(), request.data().remaining());
        if ((request.flags() & FileRequest.Write.KILL_PRIVILEGES) != 0) {
            privileges.drop(call.node(), request.handle());
        }
        replyLength(call, tree.write(request.handle(), request.offset(), request.data()));
    }

    private static void replyLength(FuseCall call, int length) {
        ByteBuffer room = FuseCall.room(FuseReplies.WriteOut.SIZE);
        new FuseReplies.WriteOut(length).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }

    void flush(FuseCall call, FileRequest.Flush request) throws IOException {
        tree.flush(request.handle(), request.lockOwner());
        call.reply();
    }

    void sync(FuseCall call, FileRequest.Sync request) throws IOException {
        tree.sync(request.handle(), (request.flags() & FileRequest.Sync.DATA_ONLY) != 0);
        call.reply();
    }

    /** Whether it can be done or not: the handle's release gives up the same lock and tells what is wrong. */
    void unlockBeforeRelease(FileRequest.Release request) {
        if ((request.flags() & FileRequest.Release.UNLOCK) != 0) {
            FileLock none =
                    new FileLock(FileLock.Kind.BSD, FileLock.Type.UNLOCK, request.lockOwner(), 0, Long.MAX_VALUE, 0);
            try {
                tree.tryLock(request.handle(), none);
            } catch (IOException e) {
                log.debug("lock of a handle that is to be released", e);
            }
        }
    }

    void release(FuseCall call, FileRequest.Release request) throws IOException {
        tree.release(request.handle());
        call.reply();
    }

    void allocate(FuseCall call, FileRequest.Allocate request) throws IOException {
        long end = request.offset() + request.length();
        if (request.offset() < 0 || request.length() <= 0) {
            throw new ErrnoException(Errno.EINVAL, "fallocate", "of " + request);
        } else if (end < 0) {
            throw new ErrnoException(Errno.EFBIG, "fallocate", "of " + request);
        }
        tree.allocate(request.handle(), request.mode(), request.offset(), request.length());
        call.reply();
    }

    void seek(FuseCall call, FileRequest.Seek request) throws IOException {
        boolean hole = request.whence() == FileRequest.Seek.HOLE;
        if (!hole && request.whence() != FileRequest.Seek.DATA) {
            throw new ErrnoException(Errno.EINVAL, "lseek", "from " + request.whence());
        } else if (request.offset() < 0) {
            throw new ErrnoException(Errno.ENXIO, "lseek", "to " + request.offset());
        }
        ByteBuffer room = FuseCall.room(FuseReplies.SeekOut.SIZE);
        new FuseReplies.SeekOut(tree.seek(request.handle(), request.offset(), hole)).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }

    void copyRange(FuseCall call, FileRequest.CopyRange request) throws IOException {
        boolean inside = request.fromOffset() >= 0 && request.toOffset() >= 0 && request.length() >= 0;
        long length = Math.min(request.length(), MAX_COPY_BYTES);
        if (!inside || request.flags() != 0) {
            throw new ErrnoException(Errno.EINVAL, "copy_file_range", "of " + request);
        } else if (Math.max(request.fromOffset(), request.toOffset()) > Long.MAX_VALUE - length) {
            throw new ErrnoException(Errno.EFBIG, "copy_file_range", "of " + request);
        }
        long copied = tree.copyRange(request.from(), request.fromOffset(), request.to(), request.toOffset(), length);
        replyLength(call, Math.toIntExact(copied));
    }
}
