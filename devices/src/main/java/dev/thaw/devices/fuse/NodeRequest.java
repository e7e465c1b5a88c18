// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What is asked of a node, which the header names. Source of the structs: linux/fuse.h. */
sealed interface NodeRequest extends FuseRequest {
    /** No struct. */
    record ReadLink() implements NodeRequest {
        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.nodes().readLink(call);
        }
    }

    /** No struct. */
    record StatFs() implements NodeRequest {
        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.nodes().statFs(call);
        }
    }

    /** fuse_forget_in. */
    record Forget(long lookups) implements NodeRequest {
        static final int LOOKUPS = 0, SIZE = 8;

        static Forget decode(FuseBody body) throws MalformedRequestException {
            return new Forget(body.struct("fuse_forget_in", SIZE).getLong(LOOKUPS));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) {
            operations.nodes().forget(call, List.of(new ForgetOne(call.node(), lookups)));
        }
    }

    /** fuse_forget_one. */
    record ForgetOne(long node, long lookups) {
        static final int NODE = 0, LOOKUPS = 8, SIZE = 16;
    }

    /** fuse_batch_forget_in, and that many fuse_forget_one. */
    record BatchForget(List<ForgetOne> all) implements NodeRequest {
        static final int COUNT = 0, SIZE = 8;

        static BatchForget decode(FuseBody body) throws MalformedRequestException {
            int count = body.struct("fuse_batch_forget_in", SIZE).getInt(COUNT);
            if (Integer.compareUnsigned(count, body.remaining() / ForgetOne.SIZE) > 0) {
                throw MalformedRequestException.badValue("fuse_batch_forget_in.count", count);
            }
            List<ForgetOne> all = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                ByteBuffer one = body.struct("fuse_forget_one", ForgetOne.SIZE);
                all.add(new ForgetOne(one.getLong(ForgetOne.NODE), one.getLong(ForgetOne.LOOKUPS)));
            }
            return new BatchForget(all);
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) {
            operations.nodes().forget(call, all);
        }
    }

    /** fuse_getattr_in. */
    record GetAttributes(int flags, long handle) implements NodeRequest {
        static final int FLAGS = 0, HANDLE = 8, SIZE = 16;
        static final int FLAG_HANDLE = 1;

        static GetAttributes decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_getattr_in", SIZE);
            return new GetAttributes(b.getInt(FLAGS), b.getLong(HANDLE));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.nodes().attributes(call, this);
        }
    }

    /** fuse_access_in. */
    record Access(int mask) implements NodeRequest {
        static final int MASK = 0, SIZE = 8;
        static final int EXECUTE = 1, WRITE = 2, READ = 4;

        static Access decode(FuseBody body) throws MalformedRequestException {
            return new Access(body.struct("fuse_access_in", SIZE).getInt(MASK));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.nodes().access(call, this);
        }
    }

    /** fuse_setattr_in. */
    record SetAttributes(int valid, long handle, long size, Time accessed, Time modified, int mode, int uid, int gid)
            implements NodeRequest {
        static final int VALID = 0, HANDLE = 8, LENGTH = 16, LOCK_OWNER = 24, ACCESSED = 32, MODIFIED = 40;
        static final int CHANGED = 48, ACCESSED_NANOS = 56, MODIFIED_NANOS = 60, CHANGED_NANOS = 64;
        static final int MODE = 68, UID = 76, GID = 80, SIZE = 88;
        static final int SET_MODE = 1, SET_UID = 1 << 1, SET_GID = 1 << 2, SET_SIZE = 1 << 3;
        static final int SET_ACCESSED = 1 << 4, SET_MODIFIED = 1 << 5, WITH_HANDLE = 1 << 6;
        static final int ACCESSED_NOW = 1 << 7, MODIFIED_NOW = 1 << 8, KILL_PRIVILEGES = 1 << 11;

        /** As in the struct, unchecked. */
        record Time(long seconds, int nanoseconds) {}

        static SetAttributes decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_setattr_in", SIZE);
            return new SetAttributes(
                    b.getInt(VALID),
                    b.getLong(HANDLE),
                    b.getLong(LENGTH),
                    new Time(b.getLong(ACCESSED), b.getInt(ACCESSED_NANOS)),
                    new Time(b.getLong(MODIFIED), b.getInt(MODIFIED_NANOS)),
                    b.getInt(MODE),
                    b.getInt(UID),
                    b.getInt(GID));
        }

        boolean has(int flag) {
            return (valid & flag) != 0;
        }

        /** Truncation gives blocks back, or reads and zeroes the rest of one. */
        @Override
        public boolean mayWait() {
            return has(SET_SIZE);
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.nodes().change(call, this);
        }
    }
}
