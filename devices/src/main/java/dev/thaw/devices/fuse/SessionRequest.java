// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.host.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What is about the connection. Source of the structs: linux/fuse.h. */
sealed interface SessionRequest extends FuseRequest {
    /** fuse_init_in; the second flags are there since 7.36. */
    record Init(int major, int minor, int maxReadAhead, int flags) implements SessionRequest {
        static final int MAJOR = 0, MINOR = 4, MAX_READ_AHEAD = 8, FLAGS = 12, SIZE = 16;
        static final int FLAGS_2 = 16, SIZE_2 = 64;

        static Init decode(FuseBody body) throws MalformedRequestException {
            ByteBuffer b = body.struct("fuse_init_in", SIZE);
            return new Init(b.getInt(MAJOR), b.getInt(MINOR), b.getInt(MAX_READ_AHEAD), b.getInt(FLAGS));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.session().init(call, this);
        }
    }

    /** No struct; nothing comes after it. */
    record Destroy() implements SessionRequest {
        @Override
        public void serve(FuseOperations operations, FuseCall call) {
            operations.session().destroy(call);
        }
    }

    /** fuse_interrupt_in: the program that waits for this request has got a signal. */
    record Interrupt(long unique) implements SessionRequest {
        static final int UNIQUE = 0, SIZE = 8;

        static Interrupt decode(FuseBody body) throws MalformedRequestException {
            return new Interrupt(body.struct("fuse_interrupt_in", SIZE).getLong(UNIQUE));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) {
            operations.locks().interrupt(unique);
            call.end();
        }
    }

    /** What is not done here, and how that is said. */
    record Refused(Errno errno) implements SessionRequest {
        @Override
        public void serve(FuseOperations operations, FuseCall call) {
            call.fail(errno);
        }
    }
}
