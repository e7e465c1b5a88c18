// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.nio.ByteBuffer;

/**
 * What the server can do, and in what sizes. Source: linux/fuse.h, fuse_init_out, 64 bytes.
 *
 * @param maxBackground requests that the guest's kernel sends without a program's waiting for each: read-ahead,
 *     writes of mapped files
 * @param congestionThreshold at how many of these its read-ahead holds back
 */
record FuseInitOut(
        int maxReadAhead, int flags, int maxBackground, int congestionThreshold, int maxWrite, int maxPages) {
    static final int MAJOR = 0, MINOR = 4, MAX_READ_AHEAD = 8, FLAGS = 12, MAX_BACKGROUND = 16;
    static final int CONGESTION_THRESHOLD = 18, MAX_WRITE = 20, TIME_GRANULARITY = 24, MAX_PAGES = 28, SIZE = 64;

    /** What we speak: Debian 12's kernel has this one. A newer one speaks it with us. */
    static final int OUR_MAJOR = 7, OUR_MINOR = 37;
    /** The oldest that has all that we rely on. */
    static final int OLDEST_MINOR = 31;

    static final int ASYNC_READ = 1, POSIX_LOCKS = 1 << 1, ATOMIC_O_TRUNC = 1 << 3, BIG_WRITES = 1 << 5;
    static final int FLOCK_LOCKS = 1 << 10,
            AUTO_INVAL_DATA = 1 << 12,
            DO_READDIRPLUS = 1 << 13,
            READDIRPLUS_AUTO = 1 << 14;
    static final int ASYNC_DIO = 1 << 15, WRITEBACK_CACHE = 1 << 16, PARALLEL_DIROPS = 1 << 18;
    static final int HANDLE_KILLPRIV = 1 << 19, MAX_PAGES_FLAG = 1 << 22, CACHE_SYMLINKS = 1 << 23;
    static final int EXPLICIT_INVAL_DATA = 1 << 25, HANDLE_KILLPRIV_V2 = 1 << 28;

    /** Writes at an index of a little-endian buffer, which has zeros there. Times are told to the nanosecond. */
    void put(ByteBuffer b, int at) {
        b.putInt(at + MAJOR, OUR_MAJOR);
        b.putInt(at + MINOR, OUR_MINOR);
        b.putInt(at + MAX_READ_AHEAD, maxReadAhead);
        b.putInt(at + FLAGS, flags);
        b.putShort(at + MAX_BACKGROUND, (short) maxBackground);
        b.putShort(at + CONGESTION_THRESHOLD, (short) congestionThreshold);
        b.putInt(at + MAX_WRITE, maxWrite);
        b.putInt(at + TIME_GRANULARITY, 1);
        b.putShort(at + MAX_PAGES, (short) maxPages);
    }
}
