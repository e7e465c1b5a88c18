// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/**
 * What a guest sees of a node.
 *
 * @param inode the number that programs see; the same for all names of a file, and while the file exists
 * @param permissions the lower twelve bits of the mode
 * @param blocks in units of 512 bytes
 * @param preferredIoBytes what reads and writes are best in units of
 */
public record Attributes(
        long inode,
        FileKind kind,
        int permissions,
        long links,
        int uid,
        int gid,
        int device,
        long size,
        long blocks,
        int preferredIoBytes,
        Time accessed,
        Time modified,
        Time changed) {

    /** A point of time; seconds since 1970 may be negative. */
    public record Time(long seconds, int nanoseconds) {}
}
