// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What is asked of a name in a folder, which the header names. Source of the structs: linux/fuse.h. */
sealed interface NameRequest extends FuseRequest {
    /** A name alone. */
    record Lookup(Name name) implements NameRequest {
        static Lookup decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            return new Lookup(body.name());
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.names().lookup(call, name);
        }
    }

    /** A name and where it points. */
    record SymLink(Name name, Target target) implements NameRequest {
        /** Bytes that nobody changes. */
        @SuppressWarnings("ArrayRecordComponent") // never compared
        record Target(byte[] bytes) {}

        static SymLink decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            return new SymLink(body.name(), new Target(body.text("symlink's target")));
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.names().makeSymlink(call, this);
        }
    }

    /** fuse_mknod_in and a name. The kernel has applied the umask, as we do not ask it for FUSE_DONT_MASK. */
    record MakeNode(int mode, int device, Name name) implements NameRequest {
        static final int MODE = 0, DEVICE = 4, UMASK = 8, SIZE = 16;

        static MakeNode decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            ByteBuffer b = body.struct("fuse_mknod_in", SIZE);
            return new MakeNode(b.getInt(MODE), b.getInt(DEVICE), body.name());
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.names().makeNode(call, this);
        }
    }

    /** fuse_mkdir_in and a name. */
    record MakeFolder(int mode, Name name) implements NameRequest {
        static final int MODE = 0, UMASK = 4, SIZE = 8;

        static MakeFolder decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            return new MakeFolder(body.struct("fuse_mkdir_in", SIZE).getInt(MODE), body.name());
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.names().makeFolder(call, this);
        }
    }

    /** A name alone, of a file or of a folder. */
    record Remove(boolean folder, Name name) implements NameRequest {
        static Remove decode(boolean folder, FuseBody body) throws MalformedRequestException, ErrnoException {
            return new Remove(folder, body.name());
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.names().remove(call, this);
        }
    }

    /** fuse_rename_in or fuse_rename2_in, and two names. */
    record Rename(long newParent, int flags, Name name, Name newName) implements NameRequest {
        static final int NEW_PARENT = 0, SIZE = 8;
        static final int FLAGS = 8, SIZE_2 = 16;
        /** linux/fs.h, RENAME_NOREPLACE and the next. */
        static final int NO_REPLACE = 1, EXCHANGE = 2;

        static Rename decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            ByteBuffer b = body.struct("fuse_rename_in", SIZE);
            return new Rename(b.getLong(NEW_PARENT), 0, body.name(), body.name());
        }

        static Rename decode2(FuseBody body) throws MalformedRequestException, ErrnoException {
            ByteBuffer b = body.struct("fuse_rename2_in", SIZE_2);
            return new Rename(b.getLong(NEW_PARENT), b.getInt(FLAGS), body.name(), body.name());
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.names().rename(call, this);
        }
    }

    /** fuse_link_in and a name; the header names the folder. */
    record Link(long node, Name newName) implements NameRequest {
        static final int NODE = 0, SIZE = 8;

        static Link decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            return new Link(body.struct("fuse_link_in", SIZE).getLong(NODE), body.name());
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.names().link(call, this);
        }
    }

    /** fuse_create_in and a name. */
    record Create(int flags, int mode, int openFlags, Name name) implements NameRequest {
        static final int FLAGS = 0, MODE = 4, UMASK = 8, OPEN_FLAGS = 12, SIZE = 16;

        static Create decode(FuseBody body) throws MalformedRequestException, ErrnoException {
            ByteBuffer b = body.struct("fuse_create_in", SIZE);
            return new Create(b.getInt(FLAGS), b.getInt(MODE), b.getInt(OPEN_FLAGS), body.name());
        }

        @Override
        public boolean mayWait() {
            return OpenFlags.truncates(flags);
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.names().create(call, this);
        }
    }
}
