// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.io.IOException;

/** What is asked of a folder's listing. Source of the structs: linux/fuse.h. */
sealed interface FolderRequest extends FuseRequest {
    /** fuse_open_in, of which nothing matters here. */
    record Open() implements FolderRequest {
        static Open decode(FuseBody body) throws MalformedRequestException {
            body.struct("fuse_open_in", FileRequest.Open.SIZE);
            return new Open();
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.folders().open(call);
        }
    }

    /** fuse_read_in; the offset is a position that an entry of the listing came with. */
    record Listing(boolean withAttributes, long handle, long position, int length) implements FolderRequest {
        /** Up to this much of a folder that has been read is served at once: some 400 names, or 100 with attributes. */
        static final int QUICK_BYTES = 16 * 1024;

        static Listing decode(boolean withAttributes, FuseBody body) throws MalformedRequestException {
            FileRequest.Read read = FileRequest.Read.decode(body);
            return new Listing(withAttributes, read.handle(), read.offset(), read.length());
        }

        /** At position 0 the core reads the whole folder, however large that is. */
        @Override
        public boolean mayWait() {
            return position == 0 || Integer.compareUnsigned(length, QUICK_BYTES) > 0;
        }

        @Override
        public void serve(FuseOperations operations, FuseCall call) throws IOException {
            operations.folders().list(call, this);
        }
    }
}
