// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

/**
 * What the host's kernel says of a file. Sources: Linux, statx(2); macOS, stat(2).
 *
 * @param mode kind and permissions
 * @param birthSeconds with its nanoseconds, when the file was made; both 0 where the file system doesn't tell
 * @param blocks in units of 512 bytes
 */
public record HostStat(
        long device,
        long inode,
        int mode,
        long links,
        int uid,
        int gid,
        int special,
        long size,
        long blocks,
        int ioBytes,
        long birthSeconds,
        int birthNanos,
        long accessedSeconds,
        int accessedNanos,
        long modifiedSeconds,
        int modifiedNanos,
        long changedSeconds,
        int changedNanos) {

    private static final int KIND = 0170000;

    /** The bits of the mode that tell what it is. */
    public int kind() {
        return mode & KIND;
    }

    public boolean isFolder() {
        return kind() == 0040000;
    }

    public boolean isFile() {
        return kind() == 0100000;
    }

    public boolean isSymlink() {
        return kind() == 0120000;
    }
}
