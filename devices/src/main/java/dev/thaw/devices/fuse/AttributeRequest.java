// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What is asked of a node's extended attributes. Source of the structs: linux/fuse.h. */
sealed interface AttributeRequest extends FuseRequest {
    /** fuse_setxattr_in in its short form, as we do not ask for FUSE_SETXATTR_EXT, a name, and the value: a view. */
    record Set(int flags, Name name, ByteBuffer value) implements AttributeRequest {
        static final int LENGTH = 0, FLAGS = 4, SIZE = 8;

        static Set decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            ByteBuffer b = body.struct("fuse_setxattr_in", SIZE);
            return new Set(b.getInt(FLAGS), body.name(), body.data("fuse_setxattr_in.size", b.getInt(LENGTH)));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.attributes().set(call, this);
        }
    }

    /** fuse_getxattr_in and a name. */
    record Get(int length, Name name) implements AttributeRequest {
        static final int LENGTH = 0, SIZE = 8;

        static Get decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            return new Get(body.struct("fuse_getxattr_in", SIZE).getInt(LENGTH), body.name());
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.attributes().get(call, this);
        }
    }

    /** fuse_getxattr_in. */
    record List(int length) implements AttributeRequest {
        static List decode(FuseBody body) throws MalformedRequestException {
            return new List(body.struct("fuse_getxattr_in", Get.SIZE).getInt(Get.LENGTH));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.attributes().list(call, this);
        }
    }

    /** A name alone. */
    record Remove(Name name) implements AttributeRequest {
        static Remove decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            return new Remove(body.name());
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.attributes().remove(call, this);
        }
    }
}
