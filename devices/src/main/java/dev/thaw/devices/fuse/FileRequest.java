// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What is asked of a file, mostly through an open handle. Source of the structs: linux/fuse.h. */
sealed interface FileRequest extends FuseRequest {
    /** fuse_open_in. */
    record Open(int flags, int openFlags) implements FileRequest {
        static final int FLAGS = 0, OPEN_FLAGS = 4, SIZE = 8;
        /** Of the second flags here and in creation: a truncation is by somebody who may not keep set-user-id bits. */
        static final int KILL_PRIVILEGES = 1;

        static Open decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_open_in", SIZE);
            return new Open(b.getInt(FLAGS), b.getInt(OPEN_FLAGS));
        }

        @Override
        public boolean mayWait() {
            return OpenFlags.truncates(flags);
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().open(call, this);
        }
    }

    /** fuse_read_in. */
    record Read(long handle, long offset, int length) implements FileRequest {
        static final int HANDLE = 0, OFFSET = 8, LENGTH = 16, FLAGS = 20, LOCK_OWNER = 24, OPEN_FLAGS = 32, SIZE = 40;

        static Read decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_read_in", SIZE);
            return new Read(b.getLong(HANDLE), b.getLong(OFFSET), b.getInt(LENGTH));
        }

        @Override
        public boolean serveNow(FuseOperations operations, FuseCall call) throws IOException {
            return operations.files().readNow(call, this);
        }

        @Override
        public boolean mayWait() {
            return true;
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().read(call, this);
        }
    }

    /** fuse_write_in, and the bytes: a view, valid until the call has been answered. */
    record Write(long handle, long offset, int flags, ByteBuffer data) implements FileRequest {
        static final int HANDLE = 0, OFFSET = 8, LENGTH = 16, FLAGS = 20, LOCK_OWNER = 24, OPEN_FLAGS = 32, SIZE = 40;
        static final int KILL_PRIVILEGES = 1 << 2;

        static Write decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_write_in", SIZE);
            return new Write(
                    b.getLong(HANDLE),
                    b.getLong(OFFSET),
                    b.getInt(FLAGS),
                    body.data("fuse_write_in.size", b.getInt(LENGTH)));
        }

        @Override
        public boolean mayWait() {
            return true;
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().write(call, this);
        }
    }

    /** fuse_flush_in. */
    record Flush(long handle, long lockOwner) implements FileRequest {
        static final int HANDLE = 0, LOCK_OWNER = 16, SIZE = 24;

        static Flush decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_flush_in", SIZE);
            return new Flush(b.getLong(HANDLE), b.getLong(LOCK_OWNER));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().flush(call, this);
        }
    }

    /** fuse_fsync_in, for folders as well. */
    record Sync(long handle, int flags) implements FileRequest {
        static final int HANDLE = 0, FLAGS = 8, SIZE = 16;
        static final int DATA_ONLY = 1;

        static Sync decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_fsync_in", SIZE);
            return new Sync(b.getLong(HANDLE), b.getInt(FLAGS));
        }

        @Override
        public boolean mayWait() {
            return true;
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().sync(call, this);
        }
    }

    /** fuse_release_in, for folders as well. */
    record Release(long handle, int flags, long lockOwner) implements FileRequest {
        static final int HANDLE = 0, OPEN_FLAGS = 8, FLAGS = 12, LOCK_OWNER = 16, SIZE = 24;
        static final int UNLOCK = 1 << 1;

        static Release decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_release_in", SIZE);
            return new Release(b.getLong(HANDLE), b.getInt(FLAGS), b.getLong(LOCK_OWNER));
        }

        /**
         * Nobody waits for it in the guest, and it waits for what is under way on the handle. But the lock is given up
         * at once: who tries for it next must get it.
         */
        @Override
        public boolean serveNow(FuseOperations operations, FuseCall call) {
            operations.files().unlockBeforeRelease(this);
            return false;
        }

        @Override
        public boolean mayWait() {
            return true;
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().release(call, this);
        }
    }

    /** fuse_fallocate_in. */
    record Allocate(long handle, long offset, long length, int mode) implements FileRequest {
        static final int HANDLE = 0, OFFSET = 8, LENGTH = 16, MODE = 24, SIZE = 32;

        static Allocate decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_fallocate_in", SIZE);
            return new Allocate(b.getLong(HANDLE), b.getLong(OFFSET), b.getLong(LENGTH), b.getInt(MODE));
        }

        @Override
        public boolean mayWait() {
            return true;
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().allocate(call, this);
        }
    }

    /** fuse_lseek_in. */
    record Seek(long handle, long offset, int whence) implements FileRequest {
        static final int HANDLE = 0, OFFSET = 8, WHENCE = 16, SIZE = 24;
        /** linux/fs.h, SEEK_DATA and the next. */
        static final int DATA = 3, HOLE = 4;

        static Seek decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_lseek_in", SIZE);
            return new Seek(b.getLong(HANDLE), b.getLong(OFFSET), b.getInt(WHENCE));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().seek(call, this);
        }
    }

    /** fuse_copy_file_range_in. */
    record CopyRange(long from, long fromOffset, long toNode, long to, long toOffset, long length, long flags)
            implements FileRequest {
        static final int FROM = 0, FROM_OFFSET = 8, TO_NODE = 16, TO = 24, TO_OFFSET = 32, LENGTH = 40, FLAGS = 48;
        static final int SIZE = 56;

        static CopyRange decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_copy_file_range_in", SIZE);
            return new CopyRange(
                    b.getLong(FROM),
                    b.getLong(FROM_OFFSET),
                    b.getLong(TO_NODE),
                    b.getLong(TO),
                    b.getLong(TO_OFFSET),
                    b.getLong(LENGTH),
                    b.getLong(FLAGS));
        }

        @Override
        public boolean mayWait() {
            return true;
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.files().copyRange(call, this);
        }
    }
}
