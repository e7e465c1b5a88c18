// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/** What the file system below a folder has. Source: POSIX, statvfs. */
public record Space(
        long blockBytes,
        long blocks,
        long freeBlocks,
        long availableBlocks,
        long files,
        long freeFiles,
        long nameMax) {}
