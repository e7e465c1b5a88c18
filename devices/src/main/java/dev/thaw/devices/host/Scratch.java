// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory for the arguments of one call, one for each thread. */
final class Scratch {
    /** What a path may have, with its NUL. Source: Linux, linux/limits.h. */
    static final int PATH_MAX = 4096;

    static final int BULK_BYTES = 256 << 10;

    private static final int SECOND = PATH_MAX, STRUCT = 2 * PATH_MAX, SIZE = STRUCT + 512;

    /** Where {@link #struct} is in {@link #memory}. */
    static final int S = STRUCT;

    final ByteBuffer memory = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());
    private final long address = address(memory);
    private ByteBuffer bulk;
    private long bulkAddress;

    /** Puts a name there and gives its address. */
    long first(byte[] name) throws ErrnoException {
        return put(0, name);
    }

    long second(byte[] name) throws ErrnoException {
        return put(SECOND, name);
    }

    /** The address of an empty name. */
    long empty() {
        memory.put(0, (byte) 0);
        return address;
    }

    private long put(int at, byte[] name) throws ErrnoException {
        if (name.length >= PATH_MAX) {
            throw new ErrnoException(Errno.ENAMETOOLONG, "path", "of " + name.length + " bytes");
        }
        memory.put(at, name).put(at + name.length, (byte) 0);
        return address + at;
    }

    /** The address of 512 bytes for structures, which are at {@link #S} in {@link #memory}. */
    long struct() {
        return address + STRUCT;
    }

    /** {@link #BULK_BYTES} for data, with position and limit as of a new buffer. */
    ByteBuffer bulk() {
        if (bulk == null) {
            bulk = ByteBuffer.allocateDirect(BULK_BYTES).order(ByteOrder.nativeOrder());
            bulkAddress = address(bulk);
        }
        return bulk.clear();
    }

    long bulkAddress() {
        bulk();
        return bulkAddress;
    }

    /** Of a direct buffer's first byte, wherever its position is. */
    static long address(ByteBuffer direct) {
        return Pointer.nativeValue(Native.getDirectBufferPointer(direct));
    }
}
