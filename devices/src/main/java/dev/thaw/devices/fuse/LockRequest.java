// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.FileLock;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What is asked of a file's locks: all have fuse_lk_in. Source: linux/fuse.h. */
sealed interface LockRequest extends FuseRequest {
    int HANDLE = 0, OWNER = 8, START = 16, END = 24, TYPE = 32, PID = 36, FLAGS = 40, SIZE = 48;
    int FLAG_BSD = 1;
    /** Linux, asm-generic/fcntl.h. */
    int READ_LOCK = 0, WRITE_LOCK = 1, NO_LOCK = 2;

    long handle();

    FileLock lock();

    /** What is in the way? */
    record Conflicting(long handle, FileLock lock) implements LockRequest {
        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.locks().conflicting(call, this);
        }
    }

    /** Lock or unlock, at once. */
    record Try(long handle, FileLock lock) implements LockRequest {
        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.locks().tryLock(call, this);
        }
    }

    /** Lock when it can be done. */
    record Wait(long handle, FileLock lock) implements LockRequest {
        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.locks().await(call, this);
        }
    }

    static LockRequest decode(int opcode, FuseBody body) throws MalformedRequestException {
        ByteBuffer b = body.struct("fuse_lk_in", SIZE);
        long handle = b.getLong(HANDLE);
        FileLock lock = lock(b);
        return opcode == FuseOpcode.GETLK
                ? new Conflicting(handle, lock)
                : opcode == FuseOpcode.SETLK ? new Try(handle, lock) : new Wait(handle, lock);
    }

    private static FileLock lock(ByteBuffer b) throws MalformedRequestException {
        long start = b.getLong(START), end = b.getLong(END);
        if (start < 0 || end < start) {
            throw MalformedRequestException.badValue("fuse_file_lock.end, start being " + start, end);
        }
        FileLock.Kind kind = (b.getInt(FLAGS) & FLAG_BSD) != 0 ? FileLock.Kind.BSD : FileLock.Kind.POSIX;
        return new FileLock(kind, type(b.getInt(TYPE)), b.getLong(OWNER), start, end, b.getInt(PID));
    }

    private static FileLock.Type type(int number) throws MalformedRequestException {
        return switch (number) {
            case READ_LOCK -> FileLock.Type.READ;
            case WRITE_LOCK -> FileLock.Type.WRITE;
            case NO_LOCK -> FileLock.Type.UNLOCK;
            default -> throw MalformedRequestException.badValue("fuse_file_lock.type", number);
        };
    }

    static int number(FileLock.Type type) {
        return switch (type) {
            case READ -> READ_LOCK;
            case WRITE -> WRITE_LOCK;
            case UNLOCK -> NO_LOCK;
        };
    }
}
