// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostEntries;
import java.util.Arrays;

/** What was in a folder at one time, packed: a folder of 100,000 entries takes some three megabytes. Immutable once read. */
final class Listing implements HostEntries {
    /** Far more than any folder has; a file system that never ends is not read for ever. */
    private static final int MAX_ENTRIES = 20_000_000;

    private byte[] names = new byte[1024];
    private int[] ends = new int[32];
    private long[] inodes = new long[32];
    private byte[] kinds = new byte[32];
    private int count;

    @Override
    public void take(byte[] batch, int from, int length, long inode, int kind) throws ErrnoException {
        int at = count == 0 ? 0 : ends[count - 1];
        if (count == MAX_ENTRIES || at > Integer.MAX_VALUE / 2 - length) {
            throw new ErrnoException(Errno.EOVERFLOW, "getdents64", "a folder of more than " + count + " entries");
        }
        if (names.length < at + length) {
            names = Arrays.copyOf(names, Math.max(at + length, names.length * 2));
        }
        if (ends.length == count) {
            ends = Arrays.copyOf(ends, count * 2);
            inodes = Arrays.copyOf(inodes, count * 2);
            kinds = Arrays.copyOf(kinds, count * 2);
        }
        System.arraycopy(batch, from, names, at, length);
        ends[count] = at + length;
        inodes[count] = inode;
        kinds[count] = (byte) (kind >> 12 & 0xf);
        count++;
    }

    int count() {
        return count;
    }

    long bytes() {
        return names.length + 13L * ends.length;
    }

    byte[] name(int index) {
        return Arrays.copyOfRange(names, index == 0 ? 0 : ends[index - 1], ends[index]);
    }

    long inode(int index) {
        return inodes[index];
    }

    /** Bits of a mode, 0 if not known. */
    int kind(int index) {
        return kinds[index] << 12;
    }
}
