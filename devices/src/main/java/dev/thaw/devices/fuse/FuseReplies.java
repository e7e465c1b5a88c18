// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.FileLock;
import dev.thaw.devices.folder.Space;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * The small structs of replies, each written at an index of a little-endian buffer that has zeros there. Source:
 * linux/fuse.h.
 */
final class FuseReplies {
    private FuseReplies() {}

    /** fuse_attr_out. */
    record AttributesOut(Attributes attributes, Duration lifetime) {
        static final int SECONDS = 0, NANOS = 8, ATTRIBUTES = 16, SIZE = ATTRIBUTES + FuseAttr.SIZE;

        void put(ByteBuffer b, int at) {
            b.putLong(at + SECONDS, lifetime.getSeconds());
            b.putInt(at + NANOS, lifetime.getNano());
            new FuseAttr(attributes).put(b, at + ATTRIBUTES);
        }
    }

    /** fuse_open_out. */
    record OpenOut(long handle, int flags) {
        static final int HANDLE = 0, FLAGS = 8, SIZE = 16;
        static final int DIRECT_IO = 1, KEEP_CACHE = 1 << 1, CACHE_FOLDER = 1 << 3;

        void put(ByteBuffer b, int at) {
            b.putLong(at + HANDLE, handle);
            b.putInt(at + FLAGS, flags);
        }
    }

    /** fuse_write_out, for copies as well. */
    record WriteOut(int length) {
        static final int LENGTH = 0, SIZE = 8;

        void put(ByteBuffer b, int at) {
            b.putInt(at + LENGTH, length);
        }
    }

    /** fuse_getxattr_out. */
    record AttributeLengthOut(int length) {
        static final int LENGTH = 0, SIZE = 8;

        void put(ByteBuffer b, int at) {
            b.putInt(at + LENGTH, length);
        }
    }

    /** fuse_lseek_out. */
    record SeekOut(long offset) {
        static final int OFFSET = 0, SIZE = 8;

        void put(ByteBuffer b, int at) {
            b.putLong(at + OFFSET, offset);
        }
    }

    /** fuse_lk_out, that is fuse_file_lock. */
    record LockOut(FileLock lock) {
        static final int START = 0, END = 8, TYPE = 16, PID = 20, SIZE = 24;

        void put(ByteBuffer b, int at) {
            b.putLong(at + START, lock.start());
            b.putLong(at + END, lock.end());
            b.putInt(at + TYPE, LockRequest.number(lock.type()));
            b.putInt(at + PID, lock.pid());
        }
    }

    /** fuse_statfs_out, that is fuse_kstatfs. */
    record SpaceOut(Space space) {
        static final int BLOCKS = 0, FREE = 8, AVAILABLE = 16, FILES = 24, FREE_FILES = 32, BLOCK_BYTES = 40;
        static final int NAME_BYTES = 44, FRAGMENT_BYTES = 48, SIZE = 80;

        void put(ByteBuffer b, int at) {
            b.putLong(at + BLOCKS, space.blocks());
            b.putLong(at + FREE, space.freeBlocks());
            b.putLong(at + AVAILABLE, space.availableBlocks());
            b.putLong(at + FILES, space.files());
            b.putLong(at + FREE_FILES, space.freeFiles());
            b.putInt(at + BLOCK_BYTES, (int) space.blockBytes());
            b.putInt(at + NAME_BYTES, (int) space.nameMax());
            b.putInt(at + FRAGMENT_BYTES, (int) space.blockBytes());
        }
    }
}
