// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

/** What a file system has. Source: POSIX, statvfs. */
public record HostSpace(
        long blockBytes,
        long blocks,
        long freeBlocks,
        long availableBlocks,
        long files,
        long freeFiles,
        long nameMax) {}
